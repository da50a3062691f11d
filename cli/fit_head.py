"""``langalign fit-head``: labelled texts become a trained head."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langalign import registry
from langalign_cli import _render
from langalign_cli._command import Outcome
from langalign_cli._headed import LabelColumn, PairFeatures, training_front, unlabelled_front
from langalign_cli._options import Common, Data, Limit, Reading, TextColumns
from langalign_cli._stored import drawn_rows, stored_rows

if TYPE_CHECKING:
    from langalign.corpora import ReadOptions
    from langalign.types import Text


def command(
    data: Data,
    common: Common,
    columns: TextColumns,
    reading: Reading,
    head: Annotated[str, typer.Option(help=f"One of: {', '.join(registry.names('heads'))}.")],
    out: Annotated[Path, typer.Option(help="Folder for the head.")],
    label_column: LabelColumn = None,
    aligner: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Aligner to stand before the head; a copy is kept with it."),
    ] = None,
    limit: Limit = None,
    pair_features: Annotated[
        PairFeatures | None,
        typer.Option(
            help="Sentence pairs as one vector of both, or as \\[u; v; |u−v|; u·v] of the two sentences'; by "
            "default joint where the encoder can.",
        ),
    ] = None,
    unlabelled: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Texts of the target language, read as DATA is but without labels, or one a line: the head "
            "labels them together with a model of their characters, and learns these labels (co-training).",
        ),
    ] = None,
    unlabelled_limit: Annotated[
        int | None, typer.Option(min=1, help="Use N of these, drawn at random by --seed.")
    ] = None,
    preset: Annotated[str, typer.Option(help="Named options: default or paper.")] = "default",
    option: Annotated[
        list[str] | None, typer.Option("--option", "-O", metavar="NAME=VALUE", help="An option of the head.")
    ] = None,
) -> Outcome:
    """Train a head on labelled texts, through the aligner unless that is a reversed one."""
    from langalign.analysis.retrieval import text_groups
    from langalign.corpora import read_texts
    from langalign.heads import cotrain_head, fit_head, save_head
    from langalign.part_folder import check_free, encoder_record
    from langalign.part_options import build_part

    options = build_part("heads", head, preset, option or []).options()
    check_free(out, "head")
    corpus = read_texts(data, columns.options(reading, labels=True, label_column=label_column))
    drawn = drawn_rows(len(corpus), limit, common.seed)
    texts = [corpus.texts[row] for row in drawn]
    labels = [corpus.labels[row] for row in drawn] if corpus.labels else []
    more = _texts(unlabelled, unlabelled_limit, columns.options(reading, labels=False), common.seed)
    front = training_front(texts, common, aligner, pair_features)
    features = front.features(texts, lambda side: stored_rows(side, front.encoder, common)[0])
    with _render.progress(f"fit {head}", "steps", quiet=common.quiet) as progress:
        fitted = fit_head(
            head,
            features,
            labels,
            preset=preset,
            options=options,
            groups=text_groups(texts),
            seed=common.seed,
            device=common.device,
            progress=progress,
        )
    if more:
        there = unlabelled_front(front, common, aligner)
        rows = there.features(more, lambda side: stored_rows(side, there.encoder, common)[0])
        with _render.progress("co-train", "heads", quiet=common.quiet) as progress:
            fitted = cotrain_head(
                fitted, rows, more, seed=common.seed, device=common.device, progress=progress
            )
    record = front.aligner.encoder("target") if front.aligner else encoder_record(front.encoder)
    save_head(fitted, out, encoder=record, pair_features=front.pair_features, aligner=aligner)
    return Outcome(
        {
            "head": head,
            "preset": preset,
            "rows": len(texts),
            "unlabelled": len(more),
            "train_rows": fitted.train_rows,
            "validation_rows": fitted.validation_rows,
            "task": fitted.head.task_.kind,
            "classes": len(fitted.head.labels_),
            "labels": list(fitted.head.labels_),
            "pair_features": front.pair_features,
            "aligner": str(aligner) if aligner else None,
            "encoder": front.encoder.spec,
            "epochs": fitted.epochs,
            "validation": dict(fitted.validation),
            "seconds": fitted.seconds,
            "skipped": corpus.skipped,
            "out": str(out),
        }
    )


def _texts(data: str | None, limit: int | None, options: ReadOptions, seed: int) -> list[Text]:
    """Read the unlabelled texts, if there are any, and draw as many as are asked for."""
    from langalign.corpora import read_texts
    from langalign.errors import SpecError

    if data is None:
        if limit:
            raise SpecError(f"--unlabelled-limit {limit} is for --unlabelled, which is not given; give both")
        return []
    corpus = read_texts(data, options)
    return [corpus.texts[row] for row in drawn_rows(len(corpus), limit, seed)]

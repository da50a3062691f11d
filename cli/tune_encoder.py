"""``langalign tune-encoder``: a transformers model becomes an encoder tuned to the task."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from langalign import registry
from langalign_cli import _render
from langalign_cli._command import Outcome
from langalign_cli._headed import LabelColumn
from langalign_cli._options import Common, Data, Limit, Reading, TextColumns
from langalign_cli._stored import drawn_rows


def command(
    data: Data,
    common: Common,
    columns: TextColumns,
    reading: Reading,
    model: Annotated[str, typer.Option(metavar="NAME", help="A transformers model: hub name or folder.")],
    method: Annotated[str, typer.Option(help=f"One of: {', '.join(registry.names('tuners'))}.")],
    out: Annotated[Path, typer.Option(help="Folder for the tuned encoder; the same command resumes.")],
    label_column: LabelColumn = None,
    limit: Limit = None,
    validation_share: Annotated[
        float, typer.Option(help="Share of the rows held out to stop early and keep the best epoch.")
    ] = 0.1,
    preset: Annotated[str, typer.Option(help="Named options: default or paper.")] = "default",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-O", metavar="NAME=VALUE", help="An option of the method."),
    ] = None,
) -> Outcome:
    """Tune a transformers model on labelled texts, or with simcse on texts alone, before it is frozen."""
    from langalign.corpora import read_texts
    from langalign.environment import environment
    from langalign.errors import SpecError
    from langalign.part_options import build_part
    from langalign.tuning import tune_encoder

    if common.encoder:
        raise SpecError(f"--encoder {common.encoder} is not used here; name what to tune with --model")
    tuner = build_part("tuners", method, preset, option or [])
    corpus = read_texts(data, columns.options(reading, labels=tuner.labelled, label_column=label_column))
    chosen = drawn_rows(len(corpus), limit, common.seed)
    with _render.progress(f"tune by {method}", "updates", quiet=common.quiet) as progress:
        tuned = tune_encoder(
            [corpus.texts[row] for row in chosen],
            [corpus.labels[row] for row in chosen] if corpus.labels else None,
            model=model,
            out=out,
            tuner=tuner,
            validation_share=validation_share,
            seed=common.seed,
            device=common.device,
            progress=progress,
        )
    return Outcome(
        {
            **tuned.to_json(),
            "preset": preset,
            "model": model,
            "skipped": corpus.skipped,
            "classes": len(tuned.labels),
            "environment": environment(),
        }
    )

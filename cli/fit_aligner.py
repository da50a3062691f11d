"""``langalign fit-aligner``: pairs of texts become a trained aligner."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from langalign import registry
from langalign_cli import _render
from langalign_cli._command import Outcome
from langalign_cli._options import Common, Data, PairColumns, PairsLimit, Reading, Target, TargetEncoder
from langalign_cli._stored import drawn_rows, stored_rows


def command(
    data: Data,
    common: Common,
    columns: PairColumns,
    reading: Reading,
    aligner: Annotated[str, typer.Option(help=f"One of: {', '.join(registry.names('aligners'))}.")],
    out: Annotated[Path, typer.Option(help="Folder for the aligner.")],
    target: Target = None,
    reverse: Annotated[
        bool, typer.Option("--reverse", help="Carry the target side onto the source side.")
    ] = False,
    target_encoder: TargetEncoder = None,
    pairs_limit: PairsLimit = None,
    preset: Annotated[
        str, typer.Option(help="Named options: default; fc and ae also have paper and listing.")
    ] = "default",
    option: Annotated[
        list[str] | None,
        typer.Option("--option", "-O", metavar="NAME=VALUE", help="An option of the aligner."),
    ] = None,
) -> Outcome:
    """Train an aligner on pairs of texts, source onto target, or with --reverse target onto source."""
    from langalign.aligners import fit_pairs, save_aligner
    from langalign.analysis.retrieval import text_groups
    from langalign.corpora import read_pairs
    from langalign.encoders import build
    from langalign.part_folder import check_free
    from langalign.part_options import build_part

    options = build_part("aligners", aligner, preset, option or []).options()
    check_free(out, "aligner")
    pairs = read_pairs(data, target, columns.options(reading))
    drawn = drawn_rows(len(pairs), pairs_limit, common.seed)
    source_texts, target_texts = ([side[row] for row in drawn] for side in (pairs.source, pairs.target))
    source_encoder = build(common.encoder_spec(), device=common.device)
    other_encoder = build(target_encoder, device=common.device) if target_encoder else source_encoder
    source, _ = stored_rows(source_texts, source_encoder, common, "embed source")
    target_rows, _ = stored_rows(target_texts, other_encoder, common, "embed target")
    with _render.progress(f"fit {aligner}", "steps", quiet=common.quiet) as progress:
        fitted = fit_pairs(
            aligner,
            source,
            target_rows,
            preset=preset,
            options=options,
            groups=text_groups(source_texts),
            target_groups=text_groups(target_texts),
            reverse=reverse,
            seed=common.seed,
            device=common.device,
            progress=progress,
        )
    save_aligner(fitted, out, source_encoder, other_encoder)
    return Outcome(
        {
            "aligner": aligner,
            "preset": preset,
            "pairs": len(source_texts),
            "train_pairs": fitted.train_pairs,
            "validation_pairs": fitted.validation_pairs,
            "direction": fitted.direction,
            "seconds": fitted.seconds,
            "epochs": fitted.epochs,
            "before": fitted.before,
            "after": fitted.after,
            "skipped": pairs.skipped,
            "out": str(out),
        }
    )

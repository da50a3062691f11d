"""``langalign cosine-report``: what aligners do to pairs, in cosine, margin and retrieval."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from langalign_cli import _render
from langalign_cli._command import Outcome
from langalign_cli._options import Common, Data, PairColumns, Reading, Target, TargetEncoder
from langalign_cli._stored import stored_rows


def command(
    data: Data,
    common: Common,
    columns: PairColumns,
    reading: Reading,
    target: Target = None,
    aligner: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Folder of an aligner; may be given again.")
    ] = None,
    target_encoder: TargetEncoder = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the page, the figures, JSON and CSV.")] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(metavar="[ROW:]METRIC=VALUE", help="Exit with 1 if a figure is lower, e.g. p_at_1=0.9."),
    ] = None,
) -> Outcome:
    """Compare aligned pairs before and after each aligner."""
    from langalign.aligners import load_aligner
    from langalign.analysis import threshold

    conditions = threshold.parse(fail_under or [])
    aligners = {folder.name: load_aligner(folder) for folder in aligner or []}

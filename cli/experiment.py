"""``langalign experiment``: a whole table from one file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from langalign_cli import _render
from langalign_cli._command import Outcome
from langalign_cli._options import Common
from langalign_cli._paid import ConfirmAbove, Yes, confirm

if TYPE_CHECKING:
    from langalign.experiments import Cost, Entry, Ran, Spec
    from langalign.translation import Estimate

Folder = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Folder of results; by default experiments/ and the SPEC's name."),
]


def command(
    spec: Annotated[Path, typer.Argument(metavar="SPEC.yaml", help="What to compare, on which data.")],
    common: Common,
    out: Folder = None,
    cost: Annotated[
        bool, typer.Option("--cost", help="Also tell what each method costs against its score.")
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the SPEC and show the grid; run nothing.")
    ] = False,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Cells side by side; by default one for each core.")
    ] = None,
    confirm_above: ConfirmAbove = 1.0,
    yes: Yes = False,
    data_dir: Annotated[
        Path | None, typer.Option(envvar="LANGALIGN_DATA", help="Folder of public datasets.")
    ] = None,
) -> Outcome:
    """Run a grid of methods, sizes and seeds; reuse what exists; write tables and figures.

    --encoder replaces the SPEC's encoder; seeds are the SPEC's own.
    """
    from langalign.errors import SpecError
    from langalign.experiments import costs, load_spec, run_experiment, tabulate, write_output
    from langalign.experiments import dry_run as foresee

    if cost and dry_run:
        raise SpecError("--cost tells what was run, but --dry-run runs nothing; leave one of them out")
    if common.seed:
        raise SpecError(f"--seed {common.seed} has no place here; write seeds: [{common.seed}] in {spec}")
    loaded = load_spec(spec, encoder=common.encoder, default_encoder=common.encoder_spec())
    folder = out or Path("experiments") / spec.stem
    places: dict[str, Any] = {"out": folder, "cache": common.cache, "data_dir": data_dir}
    if dry_run:
        undone = {"done": 0, "failed": 0, "table": [], "files": []} if common.json else {}
        return Outcome({**foresee(loaded, **places, device=common.device), **undone})
    ran = run_experiment(
        loaded,
        **places,
        device=common.device,
        workers=workers,
        confirm=_asking(loaded, confirm_above, yes=yes, quiet=common.quiet),
        stages=lambda title, unit: _render.progress(title, unit, quiet=common.quiet),
    )
    entries = tabulate(ran)
    spent = costs(ran, entries) if cost else []
    files = write_output(ran, entries, folder, spent)
    return _outcome(ran, entries, spent, files, common)


def _asking(spec: Spec, limit: float, *, yes: bool, quiet: bool) -> Callable[[Estimate], None] | None:
    """Ask before a translator is paid, unless the SPEC says how much it may cost."""
    from langalign.translation import build

    chosen = spec.translation
    if chosen is None or chosen.translator is None:
        return None
    translator, allowed = build(chosen.translator), yes or chosen.max_cost is not None
    if not translator.paid:
        return None
    return lambda estimate: confirm(estimate, translator, limit, yes=allowed, quiet=quiet)


def _outcome(
    ran: Ran, entries: Sequence[Entry], spent: Sequence[Cost], files: Sequence[Path], common: Common
) -> Outcome:
    """Print the table for the eye, or hand over its figures for JSON."""
    from langalign.experiments.formats import caption, plain, wide

    figures: dict[str, Any] = {
        "cells": len(ran.cells),
        "done": len(ran.results) - ran.reused,
        "reused": ran.reused,
        "failed": len(ran.failures),
    }
    details: dict[str, Any] = {
        "failures": [one.summary() for one in ran.failures],
        "caption": caption(ran, entries),
    }
    if spent:
        details["cost"] = [asdict(row) for row in spent]
    details["files"] = [str(file) for file in files]
    failure = None
    if ran.failures:
        first = ran.failures[0]
        failure = (
            f"{len(ran.failures):,} of {len(ran.cells):,} cells failed, the first ({first.cell}): "
            f"{first.error}; mend it and run again, what is done is kept"
        )
    if common.json:
        table = [entry.to_json() for entry in entries]
        return Outcome({**figures, "table": table, **details}, failure)
    header, rows = wide(entries, plain)
    shown = {"table": [dict(zip(header, row, strict=True)) for row in rows]}
    _render.show({**figures, **details, **shown}, as_json=False)
    return Outcome({}, failure, streamed=True)

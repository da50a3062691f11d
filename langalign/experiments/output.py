"""Writes what an experiment came to: tables, figures, and one JSON file with everything."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from langalign.durable import write_durably
from langalign.encoders import build
from langalign.environment import environment
from langalign.experiments.cost import Cost
from langalign.experiments.formats import METRICS, caption, comma_separated, latex, markdown
from langalign.experiments.rules import COSINE
from langalign.experiments.run import Ran
from langalign.experiments.table import Entry
from langalign.experiments.work import cosines
from langalign.paths import user_path

OPTIONAL = ("cost.csv", "curves.png", "curves.svg", "cosines.png", "cosines.svg")
"""Files that not every run writes."""


def write_output(
    ran: Ran, entries: Sequence[Entry], out: Path | str, spent: Sequence[Cost] = ()
) -> list[Path]:
    """Write the files of an experiment.

    :param ran: The experiment, run.
    :param entries: Its table.
    :param out: The folder.
    :param spent: What it cost, if that was asked for.
    :return: The files.
    """
    out = user_path(out)
    texts = {
        "table.md": markdown(ran, entries),
        "table.csv": comma_separated(Entry, entries),
        "table.tex": latex(ran, entries),
        "results.json": _results(ran, entries),
    }
    if spent:
        texts["cost.csv"] = comma_separated(Cost, spent)
    for name, text in texts.items():
        write_durably(out / name, text.encode())
    files = [*(out / name for name in texts), *_figures(ran, entries, out)]
    for path in {out / name for name in OPTIONAL} - {*files}:
        path.unlink(missing_ok=True)  # of an earlier run, and at odds with the table
    return files


def _figures(ran: Ran, entries: Sequence[Entry], out: Path) -> list[Path]:
    from langalign.experiments.figures import draw_curves, draw_histograms

    task = ran.bench.spec.task
    files = draw_curves(entries, task.name, METRICS[task.metric], out / "curves")
    if task.metric == COSINE and entries:
        most = max(cell.pairs or 0 for cell in ran.results)
        first = [cell for cell in ran.results if (cell.pairs, cell.seed) == (most, ran.cells[0].seed)]
        spread = {cell.method: cosines(ran.bench, cell) for cell in first}
        files += draw_histograms(spread, f"{task.name}, {most:,} pairs", out / "cosines")
    return files


def _results(ran: Ran, entries: Sequence[Entry]) -> str:
    bench = ran.bench
    content = {
        "spec": bench.spec.model_dump(mode="json", exclude_defaults=True),
        "encoder": {
            "identity": build(bench.encoder, device=bench.device).identity.to_json(),
            "fingerprint": bench.fingerprint,
        },
        "pair_features": bench.pair_features,
        "caption": caption(ran, entries),
        "table": [entry.to_json() for entry in entries],
        "cells": [ran.results[cell].summary() for cell in ran.cells if cell in ran.results],
        "failures": [failure.summary() for failure in ran.failures],
        "environment": environment(),
    }
    return json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n"

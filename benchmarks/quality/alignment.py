"""Alignment itself: how well pairs match that no aligner has learned from."""

from __future__ import annotations

import statistics
from collections.abc import Mapping
from typing import Any

from langalign.analysis.report import report_row
from langalign.analysis.retrieval import text_groups
from langalign.experiments.bench import Bench, needed
from langalign.experiments.grid import Cell
from langalign.experiments.run import Ran
from langalign.experiments.work import make_aligner, opened

FIGURES = {
    "cosine_mean": "cosine",
    "margin": "margin",
    "p_at_1": "P@1",
    "csls_p_at_1": "P@1 by CSLS",
}
"""What is measured, and how the table calls it; of the two directions of a search the lower counts."""


def measure(bench: Bench, cell: Cell) -> dict[str, Any]:
    """Measure a cell's aligner, which exists already.

    :param bench: What all cells share.
    :param cell: A cell whose aligner moves the source.
    :return: Method, pairs, seed, how many pairs were measured, and :data:`FIGURES`.
    """
    source, target = bench.held_out(cell)
    _, store = opened(bench.encoder, bench.device, bench.cache)
    moved = needed(make_aligner(bench, cell)).transform(store.vectors(source))
    row = report_row(
        cell.method,
        moved,
        store.vectors(target),
        left_groups=text_groups(source),
        right_groups=text_groups(target),
        backend="exact",
    )
    told = {"method": cell.method, "pairs": cell.pairs, "seed": cell.seed, "measured": len(source)}
    return {**told, **{name: row.figure(name) for name in FIGURES}}


def measured(ran: Ran) -> list[dict[str, Any]]:
    """Measure every cell of an experiment, run."""
    return [measure(ran.bench, cell) for cell in ran.results]


def table(name: str, rows: list[dict[str, Any]]) -> str:
    """Write the figures in Markdown: a line for each method and number of pairs."""
    groups: dict[tuple[str, int], list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault((row["method"], row["pairs"]), []).append(row)
    lines = [["method", "pairs", *FIGURES.values()], ["---", *["---:"] * (len(FIGURES) + 1)]]
    for (method, pairs), own in groups.items():
        lines.append([method, f"{pairs:,}", *(_spread([row[name] for row in own]) for name in FIGURES)])
    fewest, most = (pick(row["measured"] for row in rows) for pick in (min, max))
    seeds = len({row["seed"] for row in rows})
    said = (
        f"{name}: {fewest:,} to {most:,} held-out pairs, neither side of which an aligner has seen; mean ± "
        f"standard deviation over {seeds} seeds. P@1: of both directions the lower."
    )
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + f"\n{said}\n"


def _spread(values: list[float]) -> str:
    mean = f"{statistics.mean(values):.3f}"
    return mean if len(values) == 1 else f"{mean} ± {statistics.stdev(values):.3f}"

"""The report's figures as PNG, ready for a paper.

Everything goes through matplotlib's objects, not pyplot, so that nothing global is touched. Colours are
those of Okabe and Ito, which colour-blind readers can tell apart. Labels are Latin only: which other
scripts a machine can draw depends on its fonts.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from langalign.analysis.cosine import Doubles, matched_cosines, unit_rows
from langalign.analysis.maps import maps
from langalign.analysis.report import ALIGNED, BASELINE, Report, aligned_rows
from langalign.analysis.sample import evenly

BLUE, VERMILLION, GREEN, ORANGE = "#0072B2", "#D55E00", "#009E73", "#E69F00"
STYLE = {
    "font.size": 9.0,
    "axes.titlesize": 10.0,
    "axes.titleweight": "bold",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#555555",
    "axes.labelcolor": "#222222",
    "legend.frameon": False,
    "savefig.dpi": 200,
}
HEAT_ROWS = 40
PRINTED_PAIRS = 120
"""Pairs of a map on paper; the page, which can be zoomed, shows more."""
_COLUMNS = 3


def draw_histograms(report: Report, path: Path) -> Path:
    """Draw the cosines of matched pairs, one axis for each aligner (the paper's Figure 3).

    :param report: What was measured.
    :param path: PNG file to write.
    :return: ``path``.
    """
    groups = [(view.name, [BASELINE, *aligned_rows(view.name)]) for view in report.views]
    with matplotlib.style.context(["default", STYLE]):
        figure, axes = _grid(len(groups) or 1, width=3.3, height=2.5)
        for axis, (title, rows) in zip(axes, groups or [("before alignment", [BASELINE])], strict=True):
            _histogram(axis, report, [row for row in rows if report.comparable(row)])
            axis.set_title(_latin(title))
            axis.set(xlabel="cosine of matched pairs", ylabel="pairs, scaled to the peak")
        return _save(figure, path)


def _histogram(axis: Any, report: Report, rows: Sequence[str]) -> None:
    looks = dict(zip((BASELINE, *ALIGNED), ((BLUE, "-"), (ORANGE, "--"), (GREEN, "-.")), strict=True))
    cosines = {row: matched_cosines(*report.sides[row]) for row in rows}
    if not cosines:
        return
    low, high = min(map(np.min, cosines.values())), max(map(np.max, cosines.values()))
    spare = max(0.005, (high - low) * 0.02)
    edges = np.linspace(low - spare, high + spare, 61)
    for row, values in cosines.items():
        kind = row.partition(":")[0]
        colour, line = looks[kind]
        heights = np.histogram(values, edges)[0]
        label = f"{kind.replace('-', '–')}, mean {values.mean():.3f}"
        axis.stairs(heights / heights.max(), edges, fill=True, color=colour, alpha=0.25)
        axis.stairs(heights / heights.max(), edges, color=colour, linestyle=line, linewidth=1.2, label=label)
    axis.set(ylim=(0, 1.12 + 0.14 * len(cosines)), yticks=[])
    axis.legend(loc="upper left", fontsize=7.5, borderaxespad=0.2)


def draw_heat_map(report: Report, path: Path) -> Path:
    """Draw the cosines between the first sources and the first targets, before and after.

    :param report: What was measured.
    :param path: PNG file to write.
    :return: ``path``.
    """
    rows = [("before alignment", BASELINE), *((view.name, view.goal_row) for view in report.views)]
    tables = {title: _cosines(report, row) for title, row in rows if report.comparable(row)}
    low = min((float(table.min()) for table in tables.values()), default=0.0)
    high = max((float(table.max()) for table in tables.values()), default=1.0)
    with matplotlib.style.context(["default", STYLE]):
        figure, axes = _grid(len(tables) or 1, width=2.9, height=3.0)
        for axis, (title, table) in zip(axes, tables.items(), strict=False):
            image = axis.imshow(table, cmap="viridis", vmin=low, vmax=high, interpolation="nearest")
            axis.set_title(_latin(title))
            axis.set(xlabel="target sentence", ylabel="source sentence")
            ticks = [place for place in (0, 9, 19, 29, 39) if place < len(table)]
            for side in (axis.xaxis, axis.yaxis):
                side.set_ticks(ticks, [str(place + 1) for place in ticks])
                side.set_tick_params(length=0)
            axis.spines[:].set_visible(False)
        if tables:
            figure.colorbar(image, ax=list(axes), label="cosine", shrink=0.8, aspect=25)
        return _save(figure, path)


def _cosines(report: Report, row: str) -> Doubles:
    left, right = (unit_rows(side[:HEAT_ROWS]) for side in report.sides[row])
    return left @ right.T


def draw_map(report: Report, path: Path) -> Path:
    """Draw pairs on the plane, before and after, with a line from each source to its target.

    :param report: What was measured.
    :param path: PNG file to write.
    :return: ``path``.
    """
    found = maps(report, evenly(len(report.source_texts), PRINTED_PAIRS))
    with matplotlib.style.context(["default", STYLE]):
        figure, axes = _grid(len(found) or 1, width=3.0, height=3.0, share=True)
        for axis, place in zip(axes, found, strict=False):
            lines = np.stack([place.source, place.target], axis=1)
            axis.add_collection(
                LineCollection(list(lines), colors="#999999", linewidths=0.6, alpha=0.7, zorder=1)
            )
            for points, colour, marker, label in (
                (place.source, BLUE, "o", "source"),
                (place.target, VERMILLION, "^", "target"),
            ):
                axis.scatter(*points.T, s=13, c=colour, marker=marker, linewidths=0, label=label, zorder=2)
            axis.set_title(_latin("before alignment" if place.row == BASELINE else place.title))
            axis.set(xlabel="component 1", ylabel="component 2", xticks=[], yticks=[])
            axis.spines[:].set(visible=True, color="#bbbbbb")
            axis.set_aspect("equal", adjustable="box")
        figure.legend(
            *axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=2, handletextpad=0.1
        )
        return _save(figure, path)


def _grid(panels: int, *, width: float, height: float, share: bool = False) -> tuple[Figure, Sequence[Any]]:
    """Lay out panels in even rows of at most three; unused places stay empty."""
    rows = ceil(panels / _COLUMNS)
    columns = ceil(panels / rows)
    figure = Figure(figsize=(width * columns + 0.6, height * rows), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(rows, columns, squeeze=False, sharex=share, sharey=share).ravel()
    for unused in axes[panels:]:
        unused.set_axis_off()
    return figure, list(axes[:panels])


def _latin(text: str) -> str:
    """Keep what every font can draw, and let a dollar be a dollar."""
    kept = (letter if letter.isprintable() and ord(letter) < 0x250 else "?" for letter in text)
    return "".join(kept).replace("$", r"\$")


def _save(figure: Figure, path: Path) -> Path:
    figure.savefig(path, format="png")
    return path

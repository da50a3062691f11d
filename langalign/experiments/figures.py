"""Learning curves, with a band for the deviation over seeds; and how cosines are spread."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from langalign.analysis.cosine import Doubles
from langalign.analysis.figures import STYLE
from langalign.experiments.table import Entry

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's, which colour-blind readers can tell apart."""
LINES = ("-", "--", "-.", ":")
MARKERS = "osD^vPX"
FORMATS = ("png", "svg")
_STYLE = {**STYLE, "svg.hashsalt": "langalign"}  # the same figure gives the same file


def draw_curves(entries: Sequence[Entry], title: str, measure: str, out: Path) -> list[Path]:
    """Draw score against head rows; against pairs, where no head has more than one size.

    :param entries: From :func:`~langalign.experiments.table.tabulate`.
    :param title: Of the figure.
    :param measure: What the vertical axis shows.
    :param out: File to write, without its ending.
    :return: The files, PNG and SVG; none where there is nothing to draw a curve of.
    """
    axis_of = next((name for name in ("size", "pairs") if _varies(entries, name)), None)
    if axis_of is None:
        return []
    with matplotlib.style.context(["default", _STYLE]):
        figure = Figure(figsize=(6.4, 3.6), layout="constrained")
        FigureCanvasAgg(figure)
        axis = figure.subplots()
        for number, (name, curve) in enumerate(_curves(entries, axis_of).items()):
            _draw(axis, number, name, curve, axis_of)
        _dress(axis, entries, axis_of)
        axis.set(ylabel=measure, title=title)
        figure.legend(loc="outside right upper", fontsize=8)
        return _saved(figure, out)


def draw_histograms(cosines: Mapping[str, Mapping[str, Doubles]], title: str, out: Path) -> list[Path]:
    """Draw how the cosines of matched vectors are spread (the paper's Figure 3).

    :param cosines: By method and by the two sides, the cosine of each pair. Shapes: ``(P,)``.
    :param title: Of the figure.
    :param out: File to write, without its ending.
    :return: The files, PNG and SVG.
    """
    with matplotlib.style.context(["default", _STYLE]):
        figure = Figure(figsize=(3.2 * len(cosines), 2.6), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots(1, len(cosines), sharex=True, sharey=True, squeeze=False)[0]
        everything = np.concatenate([values for sides in cosines.values() for values in sides.values()])
        edges = np.linspace(everything.min(), everything.max() + 1e-6, 61)
        for axis, (method, sides) in zip(axes, cosines.items(), strict=True):
            for number, (name, values) in enumerate(sides.items()):
                look = {"color": COLOURS[number], "linestyle": LINES[number]}
                axis.hist(values, edges, histtype="stepfilled", color=COLOURS[number], alpha=0.2)
                label = f"{name}, mean {values.mean():.3f}"
                axis.hist(values, edges, histtype="step", linewidth=1.2, label=label, **look)
            axis.set(title=method, xlabel="cosine of matched pairs")
            axis.legend(fontsize=7, loc="upper left")
        axes[0].set_ylabel("pairs")
        figure.suptitle(title)
        return _saved(figure, out)


def _saved(figure: Figure, out: Path) -> list[Path]:
    paths = [out.with_suffix(f".{ending}") for ending in FORMATS]
    for path in paths:
        metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(path, metadata=metadata)
    return paths


def _varies(entries: Sequence[Entry], name: str) -> bool:
    return len({getattr(entry, name) for entry in entries} - {None}) > 1


def _curves(entries: Sequence[Entry], axis_of: str) -> dict[str, list[Entry]]:
    curves: dict[str, list[Entry]] = {}
    for entry in entries:
        name = entry.method
        if axis_of == "size" and entry.pairs:
            name += f", {entry.pairs:,} pairs"
        if entry.is_cosine:
            name = f"{entry.figure} {entry.method}".strip()
        curves.setdefault(name, []).append(entry)
    return {name: sorted(curve, key=lambda one: getattr(one, axis_of) or 0) for name, curve in curves.items()}


def _draw(axis: Any, number: int, name: str, curve: Sequence[Entry], axis_of: str) -> None:
    colour = COLOURS[number % len(COLOURS)]
    look = {"color": colour, "linestyle": LINES[number // len(COLOURS) % len(LINES)], "label": name}
    heights = [_scaled(entry, entry.mean) for entry in curve]
    if getattr(curve[0], axis_of) is None:  # a method without pairs is the same for every number of them
        axis.axhline(heights[0], linewidth=1.2, **look)
        return
    places = [getattr(entry, axis_of) for entry in curve]
    spreads = [_scaled(entry, entry.deviation or 0.0) for entry in curve]
    low = [height - spread for height, spread in zip(heights, spreads, strict=True)]
    high = [height + spread for height, spread in zip(heights, spreads, strict=True)]
    axis.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
    axis.plot(places, heights, marker=MARKERS[number % len(MARKERS)], markersize=4, linewidth=1.4, **look)


def _dress(axis: Any, entries: Sequence[Entry], axis_of: str) -> None:
    places = sorted({getattr(entry, axis_of) for entry in entries} - {None})
    axis.set_xscale("log")
    axis.set_xticks(places)
    axis.xaxis.set_minor_locator(NullLocator())
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    axis.tick_params(axis="x", labelrotation=30 if len(places) > 5 else 0)
    axis.grid(axis="y", color="#DDDDDD", linewidth=0.6)
    axis.set_xlabel("labelled rows of the head" if axis_of == "size" else "pairs of the aligner")


def _scaled(entry: Entry, value: float) -> float:
    return value if entry.is_cosine else 100 * value

"""Draws the curves of ``benchmarks.speed.growth``, with the physical bounds in.

python -m benchmarks.speed.curves       # draw them again out of growth.json
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from benchmarks.measure import results_folder
from langalign.analysis.figures import BLUE, GREEN, ORANGE, STYLE, VERMILLION

COLOURS = (BLUE, VERMILLION, GREEN, ORANGE)
TITLES = {
    "store": "The store, 768 numbers a vector",
    "aligners": "Fitting a closed-form aligner, 768 numbers a vector",
    "retrieval": "Ten nearest, all for all, 384 numbers a vector",
}
X_LABELS = {"store": "texts in the store", "aligners": "pairs", "retrieval": "vectors on each side"}


def draw_curve(name: str, curve: dict[str, Any], machine: dict[str, float], folder: Path) -> Path:
    """Draw one curve, double logarithmic: what was measured as lines, bounds dashed.

    :param name: ``store``, ``aligners`` or ``retrieval``.
    :param curve: ``x``, and seconds by name in ``measured`` and ``bounds``.
    :param machine: The measured rates, in billions a second.
    :param folder: Where ``NAME.png`` goes.
    :return: The file.
    """
    with matplotlib.style.context(["default", STYLE]):
        figure = Figure(figsize=(7.6, 4.2), layout="constrained")
        FigureCanvasAgg(figure)
        axis = figure.subplots()
        owners = draw_measured(axis, curve)
        draw_bounds(axis, curve, owners)
        axis.set(xscale="log", yscale="log", title=TITLES[name], xlabel=X_LABELS[name], ylabel="time")
        axis.xaxis.set_major_locator(LogLocator(10, numticks=12))
        axis.xaxis.set_major_formatter(FuncFormatter(lambda count, _: short(count)))
        axis.yaxis.set_major_locator(LogLocator(10, numticks=15))
        axis.yaxis.set_major_formatter(FuncFormatter(lambda taken, _: duration(taken)))
        axis.xaxis.set_minor_locator(NullLocator())
        axis.yaxis.set_minor_locator(NullLocator())
        axis.grid(True, color="#e6e6e6", linewidth=0.6)
        axis.set_axisbelow(True)
        figure.legend(loc="outside right upper", fontsize=8)
        figure.supxlabel(told(curve, machine), fontsize=7.5, color="#555555")
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{name}.png"
        figure.savefig(path, metadata={"Software": None})
    return path


def draw_measured(axis: Any, curve: dict[str, Any]) -> dict[str, str]:
    """Draw what was measured; give the colour of each line by the first word of its name."""
    owners = {}
    for colour, (name, taken) in zip(COLOURS, curve["measured"].items(), strict=False):
        points = [(x, y) for x, y in zip(curve["x"], taken, strict=True) if y is not None]
        axis.plot(
            *zip(*points, strict=True), color=colour, marker="o", markersize=4, linewidth=1.8, label=name
        )
        owners[name.split()[0].strip(",")] = colour
    return owners


def draw_bounds(axis: Any, curve: dict[str, Any], owners: dict[str, str]) -> None:
    """Draw the bounds: dashed in the colour of what they bound, grey where that is everything."""
    for name, taken in curve["bounds"].items():
        owner, _, _ = name.partition(":")
        second = "file" in name
        axis.plot(
            curve["x"],
            taken,
            color=owners.get(owner, "#888888"),
            linestyle=":" if second or owner not in owners else "--",
            linewidth=1.2,
            alpha=0.9,
            label=f"bound for {name}" if ":" in name else name,
        )


def told(curve: dict[str, Any], machine: dict[str, float]) -> str:
    """Say how fast the machine is, and what an approximate search found."""
    rates = (
        f"Bounds from the same run: memory {machine['memory']:.1f} GB/s, matrix product "
        f"{machine['multiply']:.0f} billion operations a second, disk {machine['disk']:.2f} GB/s."
    )
    if "recall" not in curve:
        return rates
    return f"{rates}\nHNSW finds {min(curve['recall']):.1%} of the true ten nearest or more."


def short(count: float) -> str:
    """Show a number in thousands or millions."""
    return f"{count / 1e6:g}M" if count >= 1e6 else f"{count / 1e3:g}k" if count >= 1e3 else f"{count:g}"


def duration(taken: float) -> str:
    """Show a power of ten of seconds in the unit that suits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if taken >= size * 0.999:
            return f"{np.round(taken / size):,.0f} {unit}"
    return f"{taken:g} s"


def main() -> None:
    """Draw the published curves again."""
    found = json.loads((results_folder() / "growth.json").read_text(encoding="utf-8"))["details"]
    for name, curve in found["curves"].items():
        print(f"wrote {draw_curve(name, curve, found['machine'], results_folder() / 'growth')}")


if __name__ == "__main__":
    main()

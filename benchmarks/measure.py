"""How everything here is measured: contenders in turn, medians, ratios, and where it ran."""

from __future__ import annotations

import json
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Bar:
    """A bar that a measured figure must clear.

    :param what: What was measured.
    :param figure: The figure.
    :param bar: The least, or with ``at_most`` the most, that it may be.
    :param unit: Unit of both.
    :param at_most: Whether the bar is an upper one.
    """

    what: str
    figure: float
    bar: float
    unit: str = "times"
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether the bar is cleared."""
        return bool(self.figure <= self.bar if self.at_most else self.figure >= self.bar)

    def to_json(self) -> dict[str, Any]:
        """Give the row of the table."""
        sign = "at most" if self.at_most else "at least"
        return {
            "what": self.what,
            "figure": float(f"{self.figure:.4g}"),
            "bar": f"{sign} {self.bar:g}",
            "unit": self.unit,
            "holds": self.holds,
        }


def seconds(action: Callable[[], Any]) -> float:
    """Time one call."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def alternate(contenders: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Time contenders in turn, so that a busy moment hits all alike.

    :param contenders: What to call, by name.
    :param repeats: How often each is called.
    :return: Median seconds by name.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, action in contenders.items():
            taken[name].append(seconds(action))
    return {name: statistics.median(times) for name, times in taken.items()}


def publish(name: str, bars: Sequence[Bar], details: Mapping[str, Any], *, seed: int) -> None:
    """Print the bars and write them with machine, versions and seed to ``results/NAME.json``."""
    from langalign.analysis.environment import environment

    for bar in bars:
        row = bar.to_json()
        mark = "holds" if row["holds"] else "FAILS"
        print(f"{mark}  {row['what']}: {row['figure']} {row['unit']} ({row['bar']})")
    content = {
        "benchmark": name,
        "seed": seed,
        "bars": [bar.to_json() for bar in bars],
        "details": details,
        "environment": environment(),
    }
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {path}")

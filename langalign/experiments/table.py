"""The table: each method's mean and deviation over seeds, and whether it differs from the baseline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from langalign.experiments.bench import needed
from langalign.experiments.cells import UNALIGNED, Result
from langalign.experiments.rules import COSINE
from langalign.experiments.run import Ran
from langalign.experiments.spec import GapSpec
from langalign.heads import paired_significance

LEAST_GAP = 0.01
"""A point, of the metric as a fraction of 1; a share of less would be a share of noise."""


@dataclass(frozen=True)
class Entry:
    """One entry of the table.

    :param method: The method; empty where the figure is the same for all.
    :param pairs: Pairs that its aligner learns from, if any.
    :param size: Rows that its head learns from, if any.
    :param figure: What was measured: the metric, or for ``cosine`` the two sides.
    :param mean: Mean over seeds.
    :param deviation: Standard deviation over seeds, with n − 1; None for one seed.
    :param seeds: How many seeds there are results of.
    :param failed: Of how many seeds there are none.
    :param p_value: The largest over seeds of the paired test against the baseline, 1 where one seed is ahead
        of it and another behind; None without one.
    :param significant: Whether it is below the level, that is, in every seed and in one direction.
    :param best: Whether the mean is the highest for its size.
    :param gap: The share that it closes of the gap from ``english``, of the same size, to ``native``; None
        where the spec does not ask for it or native is not ahead by :data:`LEAST_GAP`.
    """

    method: str
    pairs: int | None
    size: int | None
    figure: str
    mean: float
    deviation: float | None
    seeds: int
    failed: int = 0
    p_value: float | None = None
    significant: bool = False
    best: bool = False
    gap: float | None = None

    @property
    def is_cosine(self) -> bool:
        """Tell whether it is a cosine, measured without a head, and no score out of 1."""
        return self.size is None

    def to_json(self) -> dict[str, Any]:
        """Give the entry as plain JSON types."""
        return asdict(self)


def tabulate(ran: Ran) -> list[Entry]:
    """Sum up the results of an experiment.

    The largest p-value over seeds is itself a valid p-value, however the seeds depend on each other.

    :param ran: The experiment, run.
    :return: Entries in the order of the spec.
    """
    groups: dict[tuple[str, int | None, int | None], list[Result]] = {}
    for cell, result in ran.results.items():
        groups.setdefault((cell.method, cell.pairs, cell.size), []).append(result)
    failed = Counter((one.cell.method, one.cell.pairs, one.cell.size) for one in ran.failures)
    entries: list[Entry] = []
    for (method, pairs, size), results in groups.items():
        p_value = _p_value(ran, results)
        for figure in results[0].scores:
            scores = np.array([result.scores[figure] for result in results])
            shown = "" if figure == UNALIGNED else method
            entry = Entry(
                method=shown,
                pairs=pairs,
                size=size,
                figure=figure,
                mean=float(scores.mean()),
                deviation=float(scores.std(ddof=1)) if len(scores) > 1 else None,
                seeds=len(scores),
                failed=failed[method, pairs, size],
                p_value=p_value,
                significant=p_value is not None and p_value < level(ran),
            )
            if not any(_alike(entry, other) for other in entries):
                entries.append(entry)
    if ran.bench.spec.task.metric == COSINE:
        return entries
    return _with_gap(_with_best(entries), ran.bench.spec.gap)


def level(ran: Ran) -> float:
    """Tell the p-value below which a difference is called significant."""
    chosen = ran.bench.spec.significance
    return chosen.level if chosen else 0.05


def _p_value(ran: Ran, results: Sequence[Result]) -> float | None:
    """Test against the baseline's cell of the same size, seed by seed; seeds that disagree show nothing."""
    baseline = ran.bench.spec.baseline
    rivals = {(cell.size, cell.seed): one for cell, one in ran.results.items() if cell.method == baseline}
    tested, ahead = [], []
    for result in results:
        cell = result.cell
        rival = rivals.get((cell.size, cell.seed))
        if cell.size is None or cell.method == baseline or rival is None:
            return None
        metric, labels = ran.bench.spec.task.metric, needed(ran.bench.material.test).labels
        one, other = _answers(result), _answers(rival)
        right = labels if result.classes else np.array(labels, dtype=np.float64)
        tested.append(float(paired_significance(right, one, other)[metric]["p_value"]))
        ahead.append(result.scores[metric] > rival.scores[metric])
    return max(tested) if all(ahead) or not any(ahead) else 1.0


def _answers(result: Result) -> Any:
    if not result.classes:
        return np.array(result.answers)
    return [result.classes[int(number)] for number in result.answers]


def _alike(one: Entry, other: Entry) -> bool:
    keys = ("method", "pairs", "size", "figure")
    return all(getattr(one, key) == getattr(other, key) for key in keys)


def _with_best(entries: Sequence[Entry]) -> list[Entry]:
    best: Mapping[int | None, float] = {
        size: max(entry.mean for entry in entries if entry.size == size)
        for size in {entry.size for entry in entries}
    }
    return [replace(entry, best=entry.mean == best[entry.size]) for entry in entries]


def _with_gap(entries: Sequence[Entry], chosen: GapSpec | None) -> list[Entry]:
    means = {(entry.method, entry.size): entry.mean for entry in entries}
    native = means.get(("native", chosen.native_rows)) if chosen else None
    return [
        replace(entry, gap=_closed(entry.mean, means.get(("english", entry.size)), native))
        if entry.method not in ("english", "native")
        else entry
        for entry in entries
    ]


def _closed(score: float, english: float | None, native: float | None) -> float | None:
    if english is None or native is None or native - english < LEAST_GAP:
        return None
    return (score - english) / (native - english)

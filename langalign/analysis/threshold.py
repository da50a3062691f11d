"""The check behind ``cosine-report --fail-under``: a figure that must not be lower than a bound."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isnan, nan

from langalign.analysis.report import BASELINE, Report, aligned_rows
from langalign.errors import CheckFailedError, SpecError

CHECKED = ("cosine_mean", "margin", "p_at_1", "p_at_5", "p_at_10", "mrr", "csls_p_at_1")
"""The figures of which higher is better."""


@dataclass(frozen=True)
class Condition:
    """A figure and the least it may be.

    :param typed: The condition as it was written.
    :param row: The row of the report; empty for each aligner's goal row (``target-aligned:NAME``, of a
        reversed aligner ``source-aligned:NAME``), or ``source-target`` if there is no aligner.
    :param figure: One of :data:`CHECKED`.
    :param bound: The least.
    """

    typed: str
    row: str
    figure: str
    bound: float


def parse_condition(condition: str, aligners: Sequence[str]) -> Condition:
    """Read a condition such as ``p_at_1=0.9`` or ``source-target:margin=0.2``.

    :param condition: ``[ROW:]FIGURE=BOUND``.
    :param aligners: Names of the aligners that the report will have.
    :return: The condition.
    :raises SpecError: If it does not parse, or names a figure or row that there is not.
    """
    left, _, number = condition.rpartition("=")
    row, _, figure = left.rpartition(":")
    try:
        bound = float(number)
    except ValueError:
        bound = nan
    if not left or isnan(bound):
        raise SpecError(
            f"--fail-under {condition!r} does not parse; write [ROW:]FIGURE=BOUND, such as p_at_1=0.9"
        )
    if figure not in CHECKED:
        raise SpecError(
            f"--fail-under {condition}: unknown figure {figure!r}; choose one of: {', '.join(CHECKED)}"
        )
    rows = [BASELINE, *(row for name in aligners for row in aligned_rows(name))]
    if row and row not in rows:
        raise SpecError(f"--fail-under {condition}: unknown row {row!r}; choose one of: {', '.join(rows)}")
    return Condition(condition, row, figure, bound)


def check(report: Report, conditions: Sequence[Condition]) -> None:
    """Hold a report against conditions; of two directions the lower counts.

    :param report: What was measured.
    :param conditions: From :func:`parse_condition`.
    :raises SpecError: If a row has no figures.
    :raises CheckFailedError: If a figure is lower than its bound.
    """
    broken = [failure for condition in conditions for failure in _failures(report, condition)]
    if broken:
        raise CheckFailedError(f"check failed: {'; '.join(broken)}")


def _failures(report: Report, condition: Condition) -> list[str]:
    failures = []
    for name in [condition.row] if condition.row else [view.goal_row for view in report.views] or [BASELINE]:
        value = report.row(name).figure(condition.figure)
        if value is None:
            raise SpecError(
                f"--fail-under {condition.typed}: row {name} has no figures, as its two widths differ"
            )
        if value < condition.bound:
            failures.append(f"{name} has {condition.figure} {value:.4f}, under {condition.bound:g}")
    return failures

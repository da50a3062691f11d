"""The check behind ``cosine-report --fail-under``: a figure that must not be lower than a bound."""

from __future__ import annotations

from collections.abc import Sequence
from math import isnan, nan

from langalign.analysis.report import BASELINE, Report
from langalign.errors import CheckFailedError, SpecError

CHECKED = ("cosine_mean", "margin", "p_at_1", "p_at_5", "p_at_10", "mrr", "csls_p_at_1")
"""The figures of which higher is better."""


def check(report: Report, conditions: Sequence[str]) -> None:
    """Hold a report against conditions such as ``p_at_1=0.9`` or ``source-target:margin=0.2``.

    Without a row's name a condition applies to each aligner's goal row (``target-aligned:NAME``, of
    a reversed aligner ``source-aligned:NAME``), and to ``source-target`` if there is no aligner. Of
    two directions the lower counts.

    :param report: What was measured.
    :param conditions: ``[ROW:]FIGURE=BOUND``.
    :raises SpecError: If a condition does not parse, or names a row or figure that is not there.
    :raises CheckFailedError: If a figure is lower than its bound.
    """
    broken = [failure for condition in conditions for failure in _failures(report, condition)]
    if broken:
        raise CheckFailedError(f"check failed: {'; '.join(broken)}")


def _failures(report: Report, condition: str) -> list[str]:
    rows, figure, bound = _parsed(report, condition)
    failures = []
    for name in rows:
        value = report.row(name).figure(figure)
        if value is None:
            raise SpecError(f"--fail-under {condition}: row {name} has no figures, as its two widths differ")
        if value < bound:
            failures.append(f"{name} has {figure} {value:.4f}, under {bound:g}")
    return failures


def _parsed(report: Report, condition: str) -> tuple[list[str], str, float]:
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
    names = [known.name for known in report.rows]
    if row and row not in names:
        raise SpecError(f"--fail-under {condition}: unknown row {row!r}; choose one of: {', '.join(names)}")
    return [row] if row else [view.goal_row for view in report.views] or [BASELINE], figure, bound

"""What a row's figures mean, in plain language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from langalign.analysis.report import BASELINE, AlignedView, Report, ReportRow

_NOTICEABLE = 0.01


@dataclass(frozen=True)
class Verdict:
    """Say what an aligner did.

    :param name: The aligner's name.
    :param kind: ``good``, ``mixed``, ``collapse``, or ``unknown`` where there is nothing to compare.
    :param title: Two or three words.
    :param text: One or two sentences.
    """

    name: str
    kind: Literal["good", "mixed", "collapse", "unknown"]
    title: str
    text: str


def verdicts(report: Report) -> list[Verdict]:
    """Judge each aligner by its goal row against ``source-target``.

    :param report: What was measured.
    :return: One verdict for each aligner, in order.
    """
    before = report.row(BASELINE)
    return [_verdict(view, before, report.row(view.goal_row)) for view in report.views]


def _verdict(view: AlignedView, before: ReportRow, after: ReportRow) -> Verdict:
    cosines, hits = (before.cosine_mean, after.cosine_mean), (_mean_hits(before), _mean_hits(after))
    if cosines[0] is None or cosines[1] is None or hits[0] is None or hits[1] is None:
        text = "The sides have different widths, so there is nothing from before to compare with."
        return Verdict(view.name, "unknown", "No comparison", text)
    closer, found = cosines[1] - cosines[0], hits[1] - hits[0]
    if closer > 0 and found < -_NOTICEABLE:
        text = (
            "Pairs look closer only because all vectors moved together: "
            "fewer sentences find their own translation. Do not judge this aligner by its cosine."
        )
        return Verdict(view.name, "collapse", "Collapse", text)
    if closer > 0:
        return Verdict(
            view.name,
            "good",
            "Closer, and still apart",
            "Pairs are closer, and find each other as well as before or better.",
        )
    if found > _NOTICEABLE:
        return Verdict(
            view.name,
            "mixed",
            "Better found",
            "Pairs are no closer, but more of them find each other.",
        )
    return Verdict(view.name, "mixed", "No gain", "This aligner brings pairs no closer.")


def _mean_hits(row: ReportRow) -> float | None:
    return None if row.p_at_1 is None else sum(row.p_at_1.values()) / 2

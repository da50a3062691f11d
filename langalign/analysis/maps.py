"""Which pairs the map shows, and where they lie before and after each aligner."""

from __future__ import annotations

from dataclasses import dataclass

from langalign.analysis.cosine import Doubles
from langalign.analysis.projection import Plane, fit_plane
from langalign.analysis.report import BASELINE, Report
from langalign.analysis.search import Indices


@dataclass(frozen=True)
class Map:
    """Hold the places of some pairs.

    :param title: ``before``, or the aligner's name.
    :param row: The row whose two sides are shown.
    :param source: Places of the source sentences, moved or not. Shape: ``(n, 2)``.
    :param target: Places of the target sentences, moved or not. Shape: ``(n, 2)``.
    """

    title: str
    row: str
    source: Doubles
    target: Doubles


def maps(report: Report, shown: Indices) -> list[Map]:
    """Place pairs on the plane: before alignment, and after each aligner.

    All maps of one width share the plane, which is fitted on the pairs shown, before alignment.
    With two encoders of different widths there is no map of before, and the plane is that of the side
    which was not moved.

    :param report: What was measured.
    :param shown: The pairs to place. Shape: ``(n,)``.
    :return: The maps, ``before`` first.
    """
    planes: dict[int, Plane] = {}
    rows = [("before", BASELINE), *((view.name, view.goal_row) for view in report.views)]
    found = []
    for title, row in rows:
        if not report.comparable(row):
            continue
        source, target = (side[shown] for side in report.sides[row])
        width = source.shape[1]
        if width not in planes:
            unmoved = [side[shown] for side in report.sides[BASELINE] if side.shape[1] == width]
            planes[width] = fit_plane(*unmoved)
        found.append(Map(title, row, planes[width].place(source), planes[width].place(target)))
    return found

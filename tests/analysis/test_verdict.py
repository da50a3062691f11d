from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from langalign.analysis.report import AlignedView, Report, build_report
from langalign.analysis.verdict import verdicts
from tests.analysis import scene


def with_goal(cosine: float, hits: float) -> Report:
    """A report whose two sides have cosine 0.8 and P@1 0.8, and whose aligner has these."""
    figures = {"source-target": (0.8, 0.8), "target-aligned:shift": (cosine, hits)}
    report = scene.report(["shift"])
    rows = []
    for row in report.rows:
        mean, share = figures.get(row.name, (0.0, 0.0))
        both = {"source_to_target": share - 0.1, "target_to_source": share + 0.1}
        rows.append(replace(row, cosine_mean=mean, p_at_1=both))
    return replace(report, rows=tuple(rows))


@pytest.mark.parametrize(
    ("cosine", "hits", "kind", "title"),
    [
        (0.9, 0.9, "good", "Closer, and still apart"),
        (0.9, 0.795, "good", "Closer, and still apart"),
        (0.9, 0.1, "collapse", "Collapse"),
        (0.7, 0.9, "mixed", "Better found"),
        (0.7, 0.7, "mixed", "No gain"),
    ],
)
def test_cosine_and_retrieval_are_read_together(cosine: float, hits: float, kind: str, title: str) -> None:
    (verdict,) = verdicts(with_goal(cosine, hits))
    assert (verdict.name, verdict.kind, verdict.title) == ("shift", kind, title)


def test_a_heap_of_vectors_is_called_a_collapse() -> None:
    assert {verdict.name: verdict.kind for verdict in verdicts(scene.report())} == {
        "shift": "good",
        "heap": "collapse",
        "back": "good",
    }


def test_different_widths_leave_nothing_to_compare() -> None:
    source, target = scene.sides()
    wide = np.concatenate([target, target], axis=1)
    texts = [str(row) for row in range(scene.PAIRS)]
    report = build_report(source, wide, [AlignedView("up", wide)], source_texts=texts, target_texts=texts)
    assert [verdict.kind for verdict in verdicts(report)] == ["unknown"]

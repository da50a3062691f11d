from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from langalign.analysis import threshold
from langalign.analysis.report import AlignedView, Report, build_report
from langalign.errors import CheckFailedError, SpecError
from tests.analysis import scene


def check(report: Report, conditions: list[str]) -> None:
    names = [view.name for view in report.views]
    threshold.check(report, [threshold.parse_condition(condition, names) for condition in conditions])


def with_hits(report: Report, **hits: tuple[float, float]) -> Report:
    """Set P@1 of some rows; ``__`` reads ``:`` and ``_`` reads ``-``."""
    values = {
        name.replace("__", ":").replace("_", "-"): {"source_to_target": there, "target_to_source": home}
        for name, (there, home) in hits.items()
    }
    return replace(
        report, rows=tuple(replace(row, p_at_1=values.get(row.name, row.p_at_1)) for row in report.rows)
    )


def test_the_lower_direction_of_the_goal_row_counts() -> None:
    report = with_hits(
        scene.report(["shift"]),
        source_target=(0.1, 0.1),
        source_aligned__shift=(0.1, 0.1),
        target_aligned__shift=(0.95, 0.91),
    )
    check(report, ["p_at_1=0.91"])
    with pytest.raises(CheckFailedError) as failure:
        check(report, ["p_at_1=0.92"])
    assert str(failure.value) == "check failed: target-aligned:shift has p_at_1 0.9100, under 0.92"


def test_a_reversed_aligner_is_checked_where_it_should_land() -> None:
    report = with_hits(
        scene.report(["back"]), source_aligned__back=(0.9, 0.9), target_aligned__back=(0.1, 0.1)
    )
    check(report, ["p_at_1=0.9"])


def test_without_an_aligner_the_two_sides_are_checked() -> None:
    report = with_hits(scene.report([]), source_target=(0.8, 0.7))
    check(report, ["p_at_1=0.7"])
    with pytest.raises(CheckFailedError, match=r"source-target has p_at_1 0\.7000, under 0\.75"):
        check(report, ["p_at_1=0.75"])


def test_a_condition_may_name_its_row_and_all_failures_are_told() -> None:
    report = with_hits(scene.report(["shift"]), source_target=(0.8, 0.7), target_aligned__shift=(0.5, 0.5))
    check(report, ["source-target:p_at_1=0.7", "target-aligned:shift:p_at_1=0.5"])
    with pytest.raises(CheckFailedError) as failure:
        check(report, ["source-target:p_at_1=0.9", "p_at_1=0.9", "p_at_1=0.2"])
    assert "source-target has p_at_1 0.7000, under 0.9; target-aligned:shift has p_at_1 0.5000" in str(
        failure.value
    )
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize("condition", ["p_at_1", "p_at_1=", "p_at_1=high", "=0.5", "0.5", "p_at_1=nan", ""])
def test_conditions_that_do_not_parse_are_refused(condition: str) -> None:
    with pytest.raises(SpecError, match=r"does not parse; write \[ROW:\]FIGURE=BOUND"):
        check(scene.report([]), [condition])


def test_unknown_figures_and_rows_list_the_choices() -> None:
    report = scene.report(["shift"])
    with pytest.raises(
        SpecError, match="unknown figure 'hubness'; choose one of: cosine_mean, margin, p_at_1"
    ):
        check(report, ["hubness=0.5"])
    with pytest.raises(
        SpecError, match="unknown row 'shift'; choose one of: source-target, source-aligned:shift"
    ):
        check(report, ["shift:p_at_1=0.5"])


def test_a_row_without_figures_cannot_be_checked() -> None:
    source, target = scene.sides()
    wide = np.concatenate([target, target], axis=1)
    texts = [str(row) for row in range(scene.PAIRS)]
    report = build_report(source, wide, [AlignedView("up", wide)], source_texts=texts, target_texts=texts)
    check(report, ["p_at_1=0.9"])
    with pytest.raises(SpecError, match="row source-target has no figures, as its two widths differ"):
        check(report, ["source-target:p_at_1=0.9"])

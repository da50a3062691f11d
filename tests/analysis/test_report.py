from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from langalign.analysis.cosine import cosine_summary
from langalign.analysis.report import AlignedView, build_report, report_row
from langalign.analysis.retrieval import retrieval
from langalign.errors import ShapeError, SpecError
from tests.analysis import scene

TEXTS = [f"text {row}" for row in range(scene.PAIRS)]


def test_rows_come_in_the_promised_order() -> None:
    assert [row.name for row in scene.report().rows] == [
        "source-target",
        "source-aligned:shift",
        "target-aligned:shift",
        "source-aligned:heap",
        "target-aligned:heap",
        "source-aligned:back",
        "target-aligned:back",
    ]


@pytest.mark.parametrize("name", ["shift", "back"])
def test_each_row_compares_what_its_name_says(name: str) -> None:
    source, target = scene.sides()
    moved = next(view.vectors for view in scene.views(source, target) if view.name == name)
    report = scene.report([name])
    for row, left, right in (
        ("source-target", source, target),
        (f"source-aligned:{name}", source, moved),
        (f"target-aligned:{name}", moved, target),
    ):
        figures = report.row(row).to_json()
        summary, found = cosine_summary(left, right), retrieval(left, right, backend="exact")
        wanted = {
            "cosine_mean": summary.mean,
            "cosine_std": summary.std,
            "margin": summary.margin,
            **vars(found),
        }
        assert figures == {"name": row, **wanted}


def test_the_goal_row_is_where_the_moved_side_should_land() -> None:
    assert [view.goal_row for view in scene.report().views] == [
        "target-aligned:shift",
        "target-aligned:heap",
        "source-aligned:back",
    ]


def test_a_moved_side_keeps_the_texts_of_the_side_it_came_from() -> None:
    # Rows 0 and 1 say the same in the source, rows 2 and 3 in the target; their vectors are copies.
    source, target = scene.sides()
    source[1], target[3] = source[0], target[2]
    source_texts, target_texts = [*TEXTS], [*TEXTS]
    source_texts[1], target_texts[3] = TEXTS[0], TEXTS[2]
    copies = [AlignedView("forth", source.copy()), AlignedView("back", target.copy(), moves="target")]
    report = build_report(
        source, target, copies, source_texts=source_texts, target_texts=target_texts, backend="exact"
    )
    # Every vector finds its own copy, or the copy of an identical text, on both sides.
    for row in ("source-aligned:forth", "target-aligned:back"):
        assert report.row(row).p_at_1 == {"source_to_target": 1.0, "target_to_source": 1.0}
    unnamed = build_report(source, target, copies, source_texts=TEXTS, target_texts=TEXTS, backend="exact")
    for row in ("source-aligned:forth", "target-aligned:back"):
        assert unnamed.row(row).figure("p_at_1") == pytest.approx(1 - 1 / scene.PAIRS)


def test_sides_of_different_widths_have_no_figures() -> None:
    source, target = scene.sides()
    wide = np.concatenate([target, target], axis=1)
    report = build_report(
        source, wide, [AlignedView("up", wide + 0.1)], source_texts=TEXTS, target_texts=TEXTS, backend="exact"
    )
    empty = [row.name for row in report.rows if row.cosine_mean is None]
    assert empty == ["source-target", "source-aligned:up"]
    assert set(report.row("source-target").to_json().values()) == {"source-target", None}
    assert report.row("target-aligned:up").figure("p_at_1") == 1.0
    assert report.row("source-target").figure("p_at_1") is None


def test_of_two_directions_the_lower_is_the_figure() -> None:
    row = replace(scene.report().rows[0], p_at_1={"source_to_target": 0.7, "target_to_source": 0.6})
    assert row.figure("p_at_1") == 0.6
    assert row.figure("margin") == row.margin


def test_the_json_holds_encoder_pairs_rows_and_environment() -> None:
    report = scene.report(["shift"])
    data = json.loads(json.dumps(report.to_json()))
    assert data["encoder"] == {"kind": "hashing", "name": "hashing"}
    assert data["pairs"] == scene.PAIRS
    assert [row["name"] for row in data["rows"]] == [row.name for row in report.rows]
    assert set(data["environment"]) == {"versions", "machine"}


def test_both_backends_report_the_same() -> None:
    source, target = scene.sides()
    exact = report_row("source-target", source, target, backend="exact")
    for name, value in report_row("source-target", source, target).to_json().items():
        assert value == pytest.approx(exact.to_json()[name], abs=1e-11), name


def test_progress_rises_to_the_end() -> None:
    heard: list[tuple[int, int]] = []
    source, target = scene.sides()
    build_report(
        source,
        target,
        scene.views(source, target)[:1],
        source_texts=TEXTS,
        target_texts=TEXTS,
        progress=lambda done, total: heard.append((done, total)),
    )
    assert heard == sorted(heard)
    assert heard[-1] == (18 * scene.PAIRS, 18 * scene.PAIRS)


def test_numbers_that_do_not_match_are_refused() -> None:
    source, target = scene.sides()
    with pytest.raises(ShapeError, match="source_texts has 39 rows but source has 40"):
        build_report(source, target, source_texts=TEXTS[1:], target_texts=TEXTS)
    with pytest.raises(ShapeError, match="target has 39 rows but source has 40"):
        build_report(source, target[1:], source_texts=TEXTS, target_texts=TEXTS)
    with pytest.raises(ShapeError, match="aligned shift has 39 rows"):
        build_report(
            source, target, [AlignedView("shift", source[1:])], source_texts=TEXTS, target_texts=TEXTS
        )
    with pytest.raises(ShapeError, match="0 pairs"):
        build_report(source[:0], target[:0], source_texts=[], target_texts=[])


def test_two_aligners_of_one_name_are_refused() -> None:
    source, target = scene.sides()
    twice = [AlignedView("same", source), AlignedView("same", source)]
    with pytest.raises(SpecError, match="two aligners are named 'same'"):
        build_report(source, target, twice, source_texts=TEXTS, target_texts=TEXTS)

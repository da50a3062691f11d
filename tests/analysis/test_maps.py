from __future__ import annotations

import numpy as np
import pytest

from langalign.analysis.maps import maps
from langalign.analysis.projection import fit_plane
from langalign.analysis.report import AlignedView, build_report
from tests.analysis import scene


def test_all_maps_share_the_plane_of_before() -> None:
    source, target = scene.sides()
    shown = np.arange(0, scene.PAIRS, 2)
    plane = fit_plane(source[shown], target[shown])
    before, shift, _, back = maps(scene.report(), shown)
    assert [before.title, shift.title, back.title] == ["before", "shift", "back"]
    assert before.source == pytest.approx(plane.place(source[shown]))
    assert shift.target == pytest.approx(before.target)
    assert shift.source == pytest.approx(plane.place(scene.views(source, target)[0].vectors[shown]))
    assert back.source == pytest.approx(before.source)
    assert back.target == pytest.approx(plane.place(scene.views(source, target)[2].vectors[shown]))


def test_with_two_widths_the_plane_is_that_of_the_unmoved_side() -> None:
    source, target = scene.sides()
    wide = np.concatenate([target, target[::-1]], axis=1)
    texts = [str(row) for row in range(scene.PAIRS)]
    report = build_report(
        source, wide, [AlignedView("up", wide + 0.1)], source_texts=texts, target_texts=texts, backend="exact"
    )
    (only,) = maps(report, np.arange(scene.PAIRS))
    assert only.title == "up"
    assert only.target == pytest.approx(fit_plane(wide).place(wide))

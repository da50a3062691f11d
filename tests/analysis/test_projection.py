from __future__ import annotations

import numpy as np
import pytest

from langalign.analysis.cosine import unit_rows
from langalign.analysis.projection import fit_plane
from langalign.errors import ShapeError


def stretched(rows: int, seed: int) -> np.ndarray:
    spread = np.array([5.0, 3.0, 1.0, 0.5, 0.5, 0.5])
    return (np.random.default_rng(seed).normal(size=(rows, 6)) * spread + 4).astype(np.float32)


def test_the_plane_is_that_of_the_two_largest_singular_values() -> None:
    source, target, other = stretched(60, 0), stretched(50, 1), stretched(20, 2) * 9
    rows = unit_rows(np.concatenate([source, target]))
    axes = np.linalg.svd(rows - rows.mean(axis=0), full_matrices=False)[2][:2]
    wanted = (unit_rows(other) - rows.mean(axis=0)) @ axes.T
    placed = fit_plane(source, target).place(other)
    assert np.abs(placed) == pytest.approx(np.abs(wanted), abs=1e-6)


def test_the_signs_are_fixed() -> None:
    source = stretched(60, 0)
    plane = fit_plane(source)
    assert (np.take_along_axis(plane.axes, np.abs(plane.axes).argmax(axis=1)[:, None], axis=1) > 0).all()
    assert np.array_equal(plane.axes, fit_plane(source).axes)
    assert plane.axes @ plane.axes.T == pytest.approx(np.eye(2), abs=1e-9)


@pytest.mark.parametrize("rows", [np.ones((5, 4)), np.ones((1, 4)), np.ones((5, 1)), np.zeros((5, 4))])
def test_sides_too_poor_for_a_plane_lie_in_one_point(rows: np.ndarray) -> None:
    assert fit_plane(rows).place(rows) == pytest.approx(np.zeros((len(rows), 2)))


def test_sides_of_different_widths_share_no_plane() -> None:
    with pytest.raises(ShapeError, match=r"one width, got shapes \[\(5, 4\), \(5, 3\)\]"):
        fit_plane(np.ones((5, 4)), np.ones((5, 3)))

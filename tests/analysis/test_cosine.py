from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from langalign.analysis import cosine
from langalign.analysis.cosine import cosine_summary, matched_cosines, unit_rows
from langalign.errors import DataError, ShapeError
from tests.analysis import oracle


def pairs(count: int, width: int = 16, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    source = random.normal(size=(count, width)).astype(np.float32)
    return source, (source + random.normal(size=(count, width))).astype(np.float32)


def test_a_case_worked_by_hand() -> None:
    source = np.array([[3, 4], [0, 2]], dtype=np.float32)
    target = np.array([[1, 0], [0, 5]], dtype=np.float32)
    summary = cosine_summary(source, target)
    # matched 0.6 and 1; unmatched 0.8 (first source, second target) and 0
    assert matched_cosines(source, target) == pytest.approx([0.6, 1.0])
    assert (summary.mean, summary.std, summary.margin) == pytest.approx((0.8, 0.2, 0.8 - 0.4))


def test_the_margin_is_taken_over_all_unmatched_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cosine, "_BLOCK_ROWS", 7)  # several blocks, the last one short
    source, target = pairs(40)
    table = oracle.cosines(source, target)
    unmatched = table[~np.eye(40, dtype=bool)]
    summary = cosine_summary(source, target)
    assert summary.mean == pytest.approx(np.diag(table).mean(), abs=1e-12)
    assert summary.std == pytest.approx(np.diag(table).std(), abs=1e-12)
    assert summary.margin == pytest.approx(np.diag(table).mean() - unmatched.mean(), abs=1e-12)
    assert matched_cosines(source, target) == pytest.approx(np.diag(table), abs=1e-12)


def test_the_margin_of_a_single_pair_is_its_cosine() -> None:
    summary = cosine_summary(np.array([[1.0, 1.0]], np.float32), np.array([[1.0, 0.0]], np.float32))
    assert summary.margin == summary.mean == pytest.approx(np.sqrt(0.5))


def test_a_collapsed_space_has_a_high_mean_and_no_margin() -> None:
    heap = np.tile(np.float32([1, 2, 3]), (20, 1))
    summary = cosine_summary(heap, heap)
    assert summary.mean == pytest.approx(1.0)
    assert summary.margin == pytest.approx(0.0, abs=1e-12)


@settings(deadline=None)
@given(arrays(np.float32, (6, 4), elements=st.floats(-4, 4, width=32)), st.floats(1e-30, 1e30))
def test_length_does_not_matter_and_zero_rows_are_zero(rows: np.ndarray, scale: float) -> None:
    units = unit_rows(rows.astype(np.float64) * scale)
    lengths = np.linalg.norm(units, axis=1)
    zero = ~(rows.astype(np.float64) * scale).any(axis=1)
    assert np.isfinite(units).all()
    assert lengths[~zero] == pytest.approx(1.0)
    assert not units[zero].any()
    assert units == pytest.approx(unit_rows(rows), abs=1e-12)


def test_extreme_lengths_neither_overflow_nor_vanish() -> None:
    rows = np.array([[3e-320, 4e-320], [3e300, 4e300]])
    assert unit_rows(rows) == pytest.approx(np.array([[0.6, 0.8]] * 2), abs=1e-3)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_values_that_are_not_finite_are_refused(value: float) -> None:
    rows = np.ones((3, 2), dtype=np.float32)
    rows[1, 0] = value
    with pytest.raises(DataError, match="row 1 of the vectors"):
        unit_rows(rows)


def test_sides_that_do_not_fit_are_refused() -> None:
    rows = np.ones((3, 2), dtype=np.float32)
    with pytest.raises(ShapeError, match="source has 3 rows but target has 2"):
        cosine_summary(rows, rows[:2])
    with pytest.raises(ShapeError, match="0 pairs"):
        matched_cosines(rows[:0], rows[:0])
    with pytest.raises(ShapeError, match=r"shape \(3, 2\) but target vectors \(3, 5\)"):
        matched_cosines(rows, np.ones((3, 5), dtype=np.float32))
    with pytest.raises(ShapeError, match=r"shape \(N, D\), got \(3,\)"):
        unit_rows(rows[:, 0])

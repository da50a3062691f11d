"""Streamed sums against float64 numpy."""

from __future__ import annotations

import numpy as np
import pytest

from langalign.aligners._sums import Sums, pair_sums
from langalign.aligners.base import Run
from langalign.errors import DataError
from langalign.training.rows import BLOCK_ROWS


def run(keep_target: bool = False, progress=None) -> Run:
    return Run(validation=None, keep_target=keep_target, seed=0, device="cpu", progress=progress)


def expected(source: np.ndarray, target: np.ndarray) -> Sums:
    source, target = source.astype(np.float64), target.astype(np.float64)
    x, y = source - source.mean(axis=0), target - target.mean(axis=0)
    return Sums(len(x), source.mean(axis=0), target.mean(axis=0), x.T @ y, x.T @ x, float((x**2).sum()))


def draw(count: int, offset: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    source = rng.standard_normal((count, 6)) + offset
    target = source[:, :4] + 0.1 * rng.standard_normal((count, 4)) - 2 * offset
    return source.astype(np.float32), target.astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 100, BLOCK_ROWS, BLOCK_ROWS + 1, 3 * BLOCK_ROWS + 7])
@pytest.mark.parametrize("offset", [0.0, 1000.0])
def test_sums_equal_float64_even_far_from_the_origin(count: int, offset: float) -> None:
    source, target = draw(count, offset)
    found = pair_sums(source, target, run(), cross=True, gram=True, spread=True)
    wanted = expected(source, target)
    assert found.count == count
    np.testing.assert_allclose(found.source_mean, wanted.source_mean, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.target_mean, wanted.target_mean, rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(found.cross, wanted.cross, atol=2e-6 * count)
    np.testing.assert_allclose(found.gram, wanted.gram, atol=2e-6 * count)
    assert found.spread == pytest.approx(wanted.spread, rel=1e-5, abs=1e-5)


def test_both_examples_are_added_up() -> None:
    source, target = draw(200)
    source = source[:, :4]
    found = pair_sums(source, target, run(keep_target=True), cross=True, gram=True)
    wanted = expected(np.concatenate([source, target]), np.concatenate([target, target]))
    assert found.count == 400
    np.testing.assert_allclose(found.cross, wanted.cross, rtol=1e-4, atol=1e-3)
    np.testing.assert_allclose(found.gram, wanted.gram, rtol=1e-4, atol=1e-3)


def test_only_what_is_asked_for_is_added_up() -> None:
    found = pair_sums(*draw(50), run())
    assert (found.cross.size, found.gram.size, found.spread) == (0, 0, 0.0)


def test_rows_are_read_block_by_block_and_progress_hears_of_it() -> None:
    source, target = draw(2 * BLOCK_ROWS + 3)
    told: list[tuple[int, int]] = []
    pair_sums(source, target, run(progress=lambda done, total: told.append((done, total))))
    total = len(source)
    assert len(told) == 3
    assert {done for done, _ in told} & {3, BLOCK_ROWS}  # whichever core was first
    assert told[-1] == (total, total)


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e38])
def test_values_that_cannot_be_added_up_are_refused(value: float) -> None:
    source, target = draw(50)
    source[7, 1] = value
    with pytest.raises(DataError, match="NaN, infinity or values near float32's limits"):
        pair_sums(source, target, run(), cross=True, gram=True)

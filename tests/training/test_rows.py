"""Rows are read in blocks, and only finite ones."""

from __future__ import annotations

import numpy as np
import pytest

from langalign.errors import DataError
from langalign.training.rows import BLOCK_ROWS, PickedRows, as_rows, blocks, read_rows, read_tensor


class Counting:
    """Rows that tell how many were read at a time."""

    def __init__(self, rows: np.ndarray) -> None:
        self._rows, self.shape, self.read = rows, rows.shape, []

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, index: object) -> np.ndarray:
        found = self._rows[index]
        self.read.append(len(found))
        return found


def test_blocks_cover_every_row_once() -> None:
    found = list(blocks(np.empty((2 * BLOCK_ROWS + 5, 1))))
    assert [(block.start, block.stop) for block in found] == [
        (0, BLOCK_ROWS),
        (BLOCK_ROWS, 2 * BLOCK_ROWS),
        (2 * BLOCK_ROWS, 2 * BLOCK_ROWS + 5),
    ]
    assert list(blocks(np.empty((0, 4)))) == []


def test_rows_are_taken_as_they_are_and_lists_as_numpy_reads_them() -> None:
    rows = Counting(np.ones((3, 2)))
    assert as_rows(rows) is rows
    assert rows.read == []
    np.testing.assert_array_equal(as_rows([[1, 2], [3, 4]])[[1]], [[3, 4]])
    with pytest.raises(DataError, match="the vectors are no rows of numbers"):
        as_rows([[1, 2], [3]])


def test_picked_rows_are_read_only_when_they_are_indexed() -> None:
    rows = Counting(np.arange(20.0).reshape(10, 2))
    picked = PickedRows(rows, np.array([1, 4, 7]))
    assert rows.read == []
    assert (picked.shape, len(picked)) == ((3, 2), 3)
    np.testing.assert_array_equal(picked[1:], [[8.0, 9.0], [14.0, 15.0]])
    np.testing.assert_array_equal(picked[np.array([2, 0])], [[14.0, 15.0], [2.0, 3.0]])
    assert rows.read == [2, 2]


def test_rows_are_read_as_float32_copies() -> None:
    rows = np.arange(6, dtype=np.float16).reshape(3, 2)
    out = read_rows(rows)
    assert out.dtype == np.float32
    out[:] = 0
    assert rows[2, 1] == 5
    assert read_tensor(rows).tolist() == rows.tolist()


def test_the_block_that_is_not_finite_is_named() -> None:
    rows = np.zeros((BLOCK_ROWS + 3, 1), dtype=np.float32)
    rows[-1] = np.inf
    with pytest.raises(DataError, match="rows 4,096 to 4,099 hold NaN or infinity"):
        read_rows(rows)

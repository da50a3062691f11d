"""Reads vectors in blocks, so that stored rows need never be in memory all at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Sized
from typing import Any, TypeVar, cast

import numpy as np
import torch
from numpy.typing import ArrayLike, NDArray
from torch import Tensor

from langalign.errors import DataError, ShapeError
from langalign.types import Rows, Vectors

BLOCK_ROWS = 4096

Numbers = TypeVar("Numbers", NDArray[np.int64], Sequence[int])
"""Row numbers."""


class PickedRows:
    """Some rows of others, read when they are indexed; satisfies ``Rows``."""

    def __init__(self, rows: Rows, picked: NDArray[np.int64]) -> None:
        """Remember which rows are meant.

        :param rows: All rows. Shape: ``(N, D)``.
        :param picked: Numbers of the rows that are meant; ascending ones read fastest. Shape: ``(n,)``.
        """
        self._rows, self._picked = rows, picked
        self.shape = (len(picked), rows.shape[1])

    def __len__(self) -> int:
        """Tell the number of rows, ``n``."""
        return len(self._picked)

    def __getitem__(self, index: Any) -> Any:
        """Read the rows of a slice or an index array."""
        return self._rows[self._picked[index]]


def as_rows(vectors: Rows | ArrayLike) -> Rows:
    """Take rows as they are, to be read in blocks, and anything else as numpy reads it.

    :param vectors: Rows, or such as a list of lists. Shape: ``(N, D)``.
    :return: Rows. Shape: ``(N, D)``.
    :raises DataError: If they are no numbers.
    """
    return cast("Rows", vectors) if hasattr(vectors, "shape") else as_floats(vectors)


def as_floats(vectors: Any) -> Vectors:
    """Take vectors as float32.

    :param vectors: What numpy reads. Shape: ``(N, D)``.
    :return: Shape: ``(N, D)``.
    :raises DataError: If they are no numbers.
    """
    try:
        return np.asarray(vectors, dtype=np.float32)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"the vectors are no rows of numbers: {error}; give an array (N, D)") from error


def blocks(rows: Rows) -> Iterator[slice]:
    """Cut rows into blocks.

    :param rows: Shape: ``(N, D)``.
    :yield: Slices of at most :data:`BLOCK_ROWS` rows.
    """
    for start in range(0, len(rows), BLOCK_ROWS):
        yield slice(start, min(start + BLOCK_ROWS, len(rows)))


def cut(rows: Numbers, size: int) -> list[Numbers]:
    """Cut row numbers into runs of a size; the last may be shorter."""
    return [rows[start : start + size] for start in range(0, len(rows), size)]


def read_rows(rows: Rows) -> Vectors:
    """Read all rows into memory of their own.

    :param rows: Shape: ``(N, D)``.
    :return: A copy. Shape: ``(N, D)``, float32.
    :raises DataError: If a value is NaN or infinite.
    """
    out = np.empty(rows.shape, dtype=np.float32)
    for block in blocks(rows):
        out[block] = rows[block]
        if not np.isfinite(out[block]).all():
            raise DataError(f"rows {block.start:,} to {block.stop:,} hold NaN or infinity; embed them again")
    return out


def require_as_many(rows: Rows, **others: Sized | None) -> None:
    """Refuse what does not go with rows one by one.

    :param rows: Shape: ``(N, D)``.
    :param **others: What there must be ``N`` of, by the name that a message calls it; None is not looked at.
    :raises ShapeError: If a number differs.
    """
    for name, other in others.items():
        if other is not None and len(other) != len(rows):
            raise ShapeError(f"{len(rows):,} vectors were given but {len(other):,} {name}; give one for each")


def read_tensor(rows: Rows) -> Tensor:
    """Read all rows into a tensor of their own; see :func:`read_rows`."""
    return torch.from_numpy(read_rows(rows))

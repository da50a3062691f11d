"""Streamed sums over pairs: all that a closed form needs, in memory O(D²) however many pairs there are.

Each block is shifted by the mean of the first block before it is multiplied. Without the shift, vectors
that lie far from the origin would lose their spread to cancellation when the means are taken off at the
end. Blocks are multiplied in float32 and added up in float64.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from langalign.aligners._examples import example_blocks
from langalign.aligners.base import Run
from langalign.errors import DataError
from langalign.training.rows import BLOCK_ROWS, ahead
from langalign.types import Rows, Vectors

Doubles = NDArray[np.float64]


@dataclass(frozen=True)
class Sums:
    """Hold centred sums over examples ``x → y``, in float64.

    :param count: Number of examples: pairs, or twice as many with ``keep_target``.
    :param source_mean: ``x̄``. Shape: ``(D,)``.
    :param target_mean: ``ȳ``. Shape: ``(E,)``.
    :param cross: ``Σ (x − x̄)(y − ȳ)ᵀ``; empty unless asked for. Shape: ``(D, E)``.
    :param gram: ``Σ (x − x̄)(x − x̄)ᵀ``; empty unless asked for. Shape: ``(D, D)``.
    :param spread: ``Σ |x − x̄|²``; zero unless asked for.
    """

    count: int
    source_mean: Doubles
    target_mean: Doubles
    cross: Doubles
    gram: Doubles
    spread: float


def pair_sums(
    source: Rows,
    target: Rows,
    run: Run,
    *,
    cross: bool = False,
    gram: bool = False,
    spread: bool = False,
) -> Sums:
    """Add up pairs, block by block.

    :param source: Shape: ``(P, D)``.
    :param target: Shape: ``(P, E)``.
    :param run: Says whether each pair also gives ``target → target``; is told pairs done and in all.
    :param cross: Whether to multiply source by target.
    :param gram: Whether to multiply source by source.
    :param spread: Whether to add up the squares of the source.
    :return: The sums.
    :raises DataError: If a value is NaN or infinite.
    """
    x_side, y_side = _Side(source), _Side(target)
    cross_sum, gram_sum, square_sum = _zeros(source, target, cross), _zeros(source, source, gram), 0.0
    with np.errstate(over="ignore", invalid="ignore"):  # looked for once, at the end
        for x_rows, y_rows, done in ahead(example_blocks(source, target, run.keep_target)):
            x, y = x_side.take(x_rows), y_side.take(y_rows)  # (n, D), (n, E)
            if cross:
                cross_sum += x.T @ y
            if gram:
                gram_sum += x.T @ x
            if spread:
                square_sum += float(np.vdot(x, x))
            if run.progress:
                run.progress(done, len(source))
    count = len(source) * (2 if run.keep_target else 1)
    if cross:
        cross_sum -= np.outer(x_side.total, y_side.total) / count
    if gram:
        gram_sum -= np.outer(x_side.total, x_side.total) / count
    if spread:
        square_sum -= float(x_side.total @ x_side.total) / count
    sums = Sums(count, x_side.mean(count), y_side.mean(count), cross_sum, gram_sum, square_sum)
    if not all(np.isfinite(part).all() for part in vars(sums).values()):
        raise DataError("the vectors hold NaN, infinity or values near float32's limits; embed them again")
    return sums


class _Side:
    """Shifts the blocks of one side towards the origin, and remembers where their mean was."""

    def __init__(self, rows: Rows) -> None:
        with np.errstate(over="ignore", invalid="ignore"):
            self._shift = np.asarray(rows[:BLOCK_ROWS], dtype=np.float32).mean(axis=0)
        self._buffer = np.empty((min(BLOCK_ROWS, len(rows)), rows.shape[1]), dtype=np.float32)
        self.total = np.zeros(rows.shape[1])

    def take(self, rows: Vectors) -> Vectors:
        """Shift a block; the result is valid until the next one. Shape: ``(n, D)``."""
        shifted: Vectors = np.subtract(rows, self._shift, out=self._buffer[: len(rows)], casting="same_kind")
        self.total += np.ones(len(rows), dtype=np.float32) @ shifted
        return shifted

    def mean(self, count: int) -> Doubles:
        mean: Doubles = self._shift + self.total / count
        return mean


def _zeros(left: Rows, right: Rows, wanted: bool) -> Doubles:
    return np.zeros((left.shape[1], right.shape[1]) if wanted else (0, 0))

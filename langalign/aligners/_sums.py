"""Streamed sums over pairs: all that a closed form needs, in memory O(D²) however many pairs there are.

Each block is shifted by the mean of the first block before it is multiplied. Without the shift, vectors
that lie far from the origin would lose their spread to cancellation when the means are taken off at the
end. Blocks are multiplied in float32 and added up in float64.

Each core works through blocks of its own, reading, shifting and multiplying on one thread. So all cores
are busy while stored rows are read, and none waits for another at every product: measured on a machine
with other work to do, products shared among the cores took two to three times as long.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Lock

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from langalign.aligners.base import Run
from langalign.environment import available_cores
from langalign.errors import DataError
from langalign.training.rows import BLOCK_ROWS, blocks
from langalign.types import Progress, Rows, Vectors

Doubles = NDArray[np.float64]

_MOST_CORES = 8
"""Each core holds sums of its own, so more would cost memory."""


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
    todo = list(blocks(source))
    cores = min(len(todo), available_cores(), _MOST_CORES)
    shifts = _mean(source[:BLOCK_ROWS]), _mean(target[:BLOCK_ROWS])
    parts = [_Part(*shifts, cross, gram, spread) for _ in range(cores)]
    report = _counter(run.progress, len(source))

    def work(number: int) -> None:
        for block in todo[number::cores]:
            targets = target[block]
            parts[number].add(source[block], targets)
            if run.keep_target:
                parts[number].add(targets, targets)
            report(block.stop - block.start)

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(cores) as pool:
        for _ in pool.map(work, range(cores)):
            pass  # an error in a thread is raised here
    whole = parts[0]
    for part in parts[1:]:
        whole.join(part)
    return whole.centred(len(source) * (2 if run.keep_target else 1))


class _Part:
    """Adds up the shifted examples of one core."""

    def __init__(self, x_shift: Vectors, y_shift: Vectors, cross: bool, gram: bool, spread: bool) -> None:
        self._shifts = x_shift, y_shift
        self._buffers = [np.empty((BLOCK_ROWS, len(shift)), dtype=np.float32) for shift in self._shifts]
        self._asked = cross, gram, spread
        width, target_width = len(x_shift), len(y_shift)
        self.x_total, self.y_total = np.zeros(width), np.zeros(target_width)
        self.cross = np.zeros((width, target_width) if cross else (0, 0))
        self.gram = np.zeros((width, width) if gram else (0, 0))
        self.square = 0.0

    def add(self, sources: Vectors, targets: Vectors) -> None:
        """Add a block. Shapes: ``(n, D)`` and ``(n, E)``."""
        cross, gram, spread = self._asked
        with np.errstate(over="ignore", invalid="ignore"):  # looked for once, at the end
            x, y = (
                np.subtract(side, shift, out=buffer[: len(side)])
                for side, shift, buffer in zip((sources, targets), self._shifts, self._buffers, strict=True)
            )
            ones = np.ones(len(x), dtype=np.float32)
            self.x_total += ones @ x
            self.y_total += ones @ y
            if cross:
                self.cross += x.T @ y
            if gram:
                self.gram += x.T @ x
            if spread:
                self.square += float(np.vdot(x, x))

    def join(self, other: _Part) -> None:
        """Add what another core has added up."""
        self.x_total += other.x_total
        self.y_total += other.y_total
        self.cross += other.cross
        self.gram += other.gram
        self.square += other.square

    def centred(self, count: int) -> Sums:
        """Take the means off, and refuse what is not finite."""
        cross, gram, spread = self._asked
        sums = Sums(
            count,
            self._shifts[0] + self.x_total / count,
            self._shifts[1] + self.y_total / count,
            self.cross - np.outer(self.x_total, self.y_total) / count if cross else self.cross,
            self.gram - np.outer(self.x_total, self.x_total) / count if gram else self.gram,
            self.square - float(self.x_total @ self.x_total) / count if spread else 0.0,
        )
        if not all(np.isfinite(value).all() for value in vars(sums).values()):
            raise DataError(
                "the vectors hold NaN, infinity or values near float32's limits; embed them again"
            )
        return sums


def _mean(rows: Vectors) -> Vectors:
    with np.errstate(over="ignore", invalid="ignore"):
        mean: Vectors = np.asarray(rows, dtype=np.float32).mean(axis=0)
    return mean


def _counter(progress: Progress | None, total: int) -> Callable[[int], None]:
    """Tell how many pairs the threads have finished together."""
    done, lock = 0, Lock()

    def count(pairs: int) -> None:
        nonlocal done
        with lock:
            done += pairs
            if progress:
                progress(done, total)

    return count

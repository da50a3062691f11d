"""What the machine can do at best, measured here and now: memory, matrix products, the disk."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks.measure import seconds
from langalign.environment import available_cores

BYTES = 256 * 2**20
SIDE = 2048
TRIES = 5


@dataclass(frozen=True)
class Machine:
    """Hold the best rates seen.

    :param memory: Bytes a second, read and written, while all cores copy.
    :param multiply: Float32 operations a second in a matrix product, an addition and a multiplication each.
    :param disk: Bytes a second into a plain file that is synced at the end.
    """

    memory: float
    multiply: float
    disk: float

    def to_json(self) -> dict[str, float]:
        """Give the rates in billions."""
        return {name: round(rate / 1e9, 2) for name, rate in asdict(self).items()}


def measure_machine(folder: Path) -> Machine:
    """Measure the rates; the best of several tries is what a bound needs."""
    return Machine(
        2 * BYTES / _best(_copier()), 2 * SIDE**3 / _best(_multiplier()), BYTES / _best(_writer(folder))
    )


def _best(action: Callable[[], object]) -> float:
    action()
    return min(seconds(action) for _ in range(TRIES))


def _copier() -> Callable[[], object]:
    source = np.ones(BYTES // 4, dtype=np.float32)
    target = np.empty_like(source)
    cores = available_cores()
    parts = list(zip(np.array_split(source, cores), np.array_split(target, cores), strict=True))
    pool = ThreadPoolExecutor(cores)
    return lambda: [*pool.map(lambda part: np.copyto(part[1], part[0]), parts)]


def _multiplier() -> Callable[[], object]:
    left = np.random.default_rng(0).standard_normal((SIDE, SIDE), dtype=np.float32)
    out = np.empty_like(left)
    return lambda: np.matmul(left, left, out=out)


def _writer(folder: Path) -> Callable[[], object]:
    content = bytes(BYTES)

    def write() -> None:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())

    return write

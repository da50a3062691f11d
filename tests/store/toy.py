"""A tiny encoder whose vectors anyone can recompute, and a program that embeds with it."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from langalign.store import Store, fill
from langalign.types import Identity

WIDTH = 24


def vector(text: object) -> np.ndarray:
    """Give the vector of a text: noise seeded by its MD5."""
    seed = int.from_bytes(hashlib.md5(repr(text).encode("utf-8", "surrogatepass")).digest()[:8], "big")
    return np.random.default_rng(seed).standard_normal(WIDTH).astype(np.float32)


class ToyEncoder:
    """Satisfies the Encoder protocol; counts what it is asked."""

    batch_tokens = 400
    batch_rows = 32
    spec = "toy"

    def __init__(self, *, storage: str = "float32", paid: bool = False, delay: float = 0.0) -> None:
        self.identity = Identity("toy", "md5 noise", "1", {}, storage)
        self.paid = paid
        self.delay = delay
        self.batches: list[list[object]] = []

    def load(self) -> None:
        """Have nothing to load."""

    def tokenize(self, texts: Sequence[object]) -> tuple[list[object], np.ndarray]:
        return list(texts), np.array([len(text) for text in texts], dtype=np.int64)

    def embed(self, ids: Sequence[object]) -> np.ndarray:
        time.sleep(self.delay)
        self.batches.append(list(ids))
        return np.stack([vector(text) for text in ids])

    @property
    def embedded(self) -> list[object]:
        return [text for batch in self.batches for text in batch]


def numbered(start: int, stop: int) -> list[str]:
    """Make distinct texts of varied length."""
    return [f"text {number} " + "x" * (number * 7 % 23) for number in range(start, stop)]


TEXTS = ["a\nb\u2028c", "안녕", '"', *numbered(0, 40)]


def store_in(folder: Path, storage: str = "float32") -> Store:
    """Open a toy's store."""
    return Store(folder, ToyEncoder(storage=storage).identity)


if __name__ == "__main__":
    # python -m tests.store.toy CACHE START STOP DELAY: what the kill and concurrency tests run.
    folder, begin, end, pause = sys.argv[1:]
    toy = ToyEncoder(delay=float(pause))
    fill(toy, Store(Path(folder), toy.identity), numbered(int(begin), int(end)), shard_seconds=0.02)
    sys.stdout.write(f"{len(toy.embedded)}\n")

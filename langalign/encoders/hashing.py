"""Hashed character n-grams: an encoder without weights, for tests, documentation and dry runs.

It knows no language, so it brings no translations together; what it gives is the same everywhere, bit
for bit, at once and offline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.encoders.base import BaseEncoder
from langalign.errors import SpecError
from langalign.types import Identity, Option, Text, Vectors

WIDEST = 2**20

_BASE = np.uint64(0x100000001B3)  # the FNV prime
_MIX = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # splitmix64's constants
_FRAME = "\x02", "\x03"


class HashingEncoder(BaseEncoder):
    """Count signed hashes of a text's character n-grams, then scale to length 1.

    For each n-gram ``g`` of the framed text with hash ``h(g)``, ``v[h mod D] += ±1``, the sign being
    another bit of the hash (Weinberger et al., 2009).
    """

    batch_tokens: int = 65_536
    batch_rows: int = 1024
    width: int

    def __init__(
        self,
        *,
        width: int = 256,
        shortest: int = 2,
        longest: int = 4,
        storage: str = "float32",
        device: str = "auto",
    ) -> None:
        """Take the options.

        :param width: Width of the vectors, ``D``.
        :param shortest: Characters of the shortest n-grams.
        :param longest: Characters of the longest n-grams.
        :param storage: Number format of the stored vectors.
        :param device: Taken for uniformity; numpy computes.
        :raises SpecError: If the width or the range is out of bounds.
        """
        super().__init__(storage=storage, device=device)
        if not 1 <= width <= WIDEST:
            raise SpecError(f"width={width} is out of bounds; give 1 to {WIDEST:,}")
        if not 1 <= shortest <= longest:
            raise SpecError(
                f"shortest={shortest}, longest={longest} is no range; give 1 <= shortest <= longest"
            )
        self.width, self.shortest, self.longest = width, shortest, longest

    @property
    def identity(self) -> Identity:
        """Tell the options; the hash function is pinned by its revision."""
        options: dict[str, Option] = {"width": self.width, "shortest": self.shortest, "longest": self.longest}
        return self._identity("ngrams", "1", options)

    def tokenize(self, texts: Sequence[Text]) -> tuple[Sequence[Any], NDArray[np.int64]]:
        """Turn texts into framed code points.

        :param texts: ``N`` texts.
        :return: Arrays of code points, and their lengths. Shape: ``(N,)``.
        """
        ids = [_code_points(text) for text in self._single(texts)]
        return ids, np.fromiter(map(len, ids), np.int64, len(ids))

    def embed(self, ids: Sequence[Any]) -> Vectors:
        """Hash one batch.

        :param ids: ``N`` items from :meth:`tokenize`.
        :return: Vectors of length 1. Shape: ``(N, D)``.
        """
        points = np.concatenate(ids)
        rows = np.repeat(np.arange(len(ids)), [len(item) for item in ids])
        counts = np.zeros(len(ids) * self.width)
        hashes = np.zeros(len(points), np.uint64)
        for size in range(1, self.longest + 1):
            # Extends every n-gram by a character, so hashes of n follow from those of n - 1.
            hashes = hashes[: len(points) - size + 1] * _BASE + points[size - 1 :]
            if size >= self.shortest:
                self._count(hashes, rows, size, counts)
        return _normalize(counts.reshape(len(ids), self.width))

    def _count(
        self,
        hashes: NDArray[np.uint64],
        rows: NDArray[np.int64],
        size: int,
        counts: NDArray[np.float64],
    ) -> None:
        """Add the n-grams of one size to the counts, those that span two texts left out."""
        within = rows[: len(hashes)] == rows[size - 1 :]
        mixed, owner = _mix(hashes[within] + np.uint64(size)), rows[: len(hashes)][within]
        bucket = (mixed >> np.uint64(1)) % np.uint64(self.width)
        sign = 1.0 - 2.0 * (mixed & np.uint64(1))
        cells = owner * self.width + bucket.astype(np.int64)
        counts += np.bincount(cells, weights=sign, minlength=len(counts))


def _code_points(text: str) -> NDArray[np.uint64]:
    framed = text.join(_FRAME).encode("utf-32-le", "surrogatepass")
    return np.frombuffer(framed, dtype="<u4").astype(np.uint64)


def _mix(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread the bits (the finaliser of splitmix64)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * _MIX[0]
    hashes = (hashes ^ (hashes >> np.uint64(27))) * _MIX[1]
    return hashes ^ (hashes >> np.uint64(31))


def _normalize(counts: NDArray[np.float64]) -> Vectors:
    """Scale rows to length 1; the few whose n-grams cancel out stay zero."""
    lengths = np.sqrt((counts * counts).sum(axis=1, keepdims=True))
    scaled: Vectors = (counts / np.maximum(lengths, 1.0)).astype(np.float32)
    return scaled

"""What stands before a head: stored vectors, moved by an aligner, two sentences combined."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from langalign.errors import ShapeError, SpecError
from langalign.heads._characters import Characters
from langalign.training.rows import BLOCK_ROWS
from langalign.types import Rows, Text, Vectors


class Mover(Protocol):
    """Moves vectors, as an aligner does."""

    def transform(self, vectors: Vectors, /) -> Vectors:
        """Move vectors. Shapes: ``(N, D)`` to ``(N, E)``."""


def combine(u: Vectors, v: Vectors) -> Vectors:
    """Combine the vectors of two sentences, as ``[u; v; |u − v|; u · v]``.

    The products are taken column by column (`Conneau et al., 2017`_).

    :param u: First sentences. Shape: ``(N, D)``.
    :param v: Second sentences. Shape: ``(N, D)``.
    :return: Shape: ``(N, 4 D)``.
    :raises ShapeError: If the two differ in shape.

    .. _Conneau et al., 2017: https://aclanthology.org/D17-1070
    """
    if u.shape != v.shape:
        raise ShapeError(f"first sentences have shape {u.shape} but second ones {v.shape}; pairs must match")
    return np.hstack([u, v, np.abs(u - v), u * v])


class Features:
    """Rows for a head, made block by block when they are read; satisfies ``Rows``."""

    def __init__(
        self, sides: Sequence[Rows], aligner: Mover | None = None, beside: NDArray[Any] | None = None
    ) -> None:
        """Remember what the rows are made of.

        :param sides: The vectors of the texts, or of first and second sentences. Shapes: ``(N, D)``.
        :param aligner: Moves each side's vectors first.
        :param beside: Columns that follow, such as what the characters say. Shape: ``(N, K)``.
        """
        self._sides, self._aligner, self._beside = tuple(sides), aligner, beside
        self.shape = (len(sides[0]), self._make(np.arange(0)).shape[1])

    @classmethod
    def of(
        cls,
        texts: Sequence[Text],
        rows: Callable[[Sequence[Text]], Rows],
        *,
        pair_features: str | None = None,
        aligner: Mover | None = None,
        characters: Characters | None = None,
    ) -> Self:
        """Make the rows of texts.

        :param texts: ``N`` texts or sentence pairs.
        :param rows: Gives the stored vectors of texts, as ``Store.rows`` does.
        :param pair_features: ``sentence`` where the two sentences' vectors are combined; ``joint``, or None
            for single texts, where each text has one vector.
        :param aligner: Moves the vectors first.
        :param characters: Scores the characters of single texts beside, if the head was co-trained.
        :return: Rows, made when they are read. Shape: ``(N, width)``.
        :raises SpecError: If a text is a pair and should not be, or the other way round.
        """
        if any(isinstance(text, str) is bool(pair_features) for text in texts):
            wanted, given = ("sentence pairs", "single texts") if pair_features else ("single texts", "pairs")
            raise SpecError(
                f"the head takes {wanted} but the data holds {given}; choose columns with --text-column and "
                "--pair-column, or another head"
            )
        if pair_features == "sentence":
            return cls([rows([text[side] for text in texts]) for side in (0, 1)], aligner)
        return cls([rows(texts)], aligner, characters.beside(texts) if characters else None)

    def __len__(self) -> int:
        """Tell the number of rows, ``N``."""
        return self.shape[0]

    def __getitem__(self, index: Any) -> Vectors:
        """Make the rows of a slice or an index array. Shape: ``(n, width)``."""
        picked = np.arange(len(self))[index]
        out = np.empty((len(picked), self.shape[1]), dtype=np.float32)
        for start in range(0, len(picked), BLOCK_ROWS):
            block = slice(start, start + BLOCK_ROWS)
            out[block] = self._make(picked[block])
        return out

    def _make(self, picked: Any) -> Vectors:
        moved = [np.asarray(side[picked], dtype=np.float32) for side in self._sides]
        if self._aligner is not None:
            moved = [self._aligner.transform(side) for side in moved]
        rows = moved[0] if len(moved) == 1 else combine(*moved)
        return rows if self._beside is None else np.hstack([rows, self._beside[picked]])

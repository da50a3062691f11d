"""Scores of classes from a text's characters alone: a second opinion beside its vector.

It knows what words of the domain mean, and shares none of the errors that lie in the encoder.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from langalign.errors import ShapeError
from langalign.types import Text, Vectors

WIDTH = 2**16
"""Columns that n-grams are hashed to."""

LONGEST = 4
PENALTY = 3.0
Counts = Any  # scipy's sparse matrices have no types


def count_ngrams(texts: Sequence[Text]) -> Counts:
    """Count each text's n-grams of one to four characters within words, hashed.

    :param texts: ``N`` single texts.
    :return: A sparse matrix. Shape: ``(N, WIDTH)``.
    """
    from sklearn.feature_extraction.text import HashingVectorizer

    hasher = HashingVectorizer(
        analyzer="char_wb", ngram_range=(1, LONGEST), n_features=WIDTH, norm=None, alternate_sign=False
    )
    return hasher.transform(texts)


@dataclass(frozen=True)
class Characters:
    """A linear model of n-grams, fitted by ridge regression to the classes' indicators.

    A count ``c`` becomes ``(1 + ln c) · rarity``, with ``rarity = 1 + ln((1 + N) / (1 + N_g))`` where
    ``N_g`` of ``N`` texts have the n-gram; then each text is scaled to length 1.

    :param rarity: Shape: ``(WIDTH,)``.
    :param weight: Shape: ``(WIDTH, K)``.
    :param bias: Shape: ``(K,)``.
    """

    rarity: NDArray[np.float32]
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]

    @classmethod
    def fit(cls, counts: Counts, codes: NDArray[np.int64], classes: int) -> Self:
        """Learn the classes of texts.

        :param counts: From :func:`count_ngrams`. Shape: ``(N, WIDTH)``.
        :param codes: The class of each. Shape: ``(N,)``.
        :param classes: ``K``.
        :return: The model.
        """
        from sklearn.linear_model import Ridge

        having = np.bincount(counts.indices, minlength=WIDTH)
        rarity = (1 + np.log((1 + counts.shape[0]) / (1 + having))).astype(np.float32)
        solved = Ridge(alpha=PENALTY, solver="sparse_cg", tol=1e-3)
        solved.fit(_weighted(counts, rarity), np.eye(classes)[codes])
        return cls(rarity, solved.coef_.T.astype(np.float32), solved.intercept_.astype(np.float32))

    def scores(self, counts: Counts) -> Vectors:
        """Tell how much each text's n-grams speak for each class.

        :param counts: From :func:`count_ngrams`. Shape: ``(N, WIDTH)``.
        :return: About 1 for the class, about 0 for others. Shape: ``(N, K)``.
        """
        scores: Vectors = np.asarray(_weighted(counts, self.rarity) @ self.weight + self.bias, np.float32)
        return scores

    def beside(self, texts: Sequence[Text]) -> Vectors:
        """Give what a co-trained head takes beside the vectors of texts.

        :param texts: ``N`` single texts.
        :return: Shape: ``(N, K)``.
        """
        return self.scores(count_ngrams(texts))

    @classmethod
    def restore(cls, state: Mapping[str, NDArray[Any]], classes: int) -> Self:
        """Take back the fields of a model.

        :param state: The fields by name.
        :param classes: ``K``.
        :return: The model.
        :raises ShapeError: If one is missing, or of another shape.
        """
        shapes = {"rarity": (WIDTH,), "weight": (WIDTH, classes), "bias": (classes,)}
        found = {name: array.shape for name, array in state.items()}
        if found != shapes:
            raise ShapeError(f"the model of characters has arrays {found} where {shapes} are needed")
        return cls(**state)


def _weighted(counts: Counts, rarity: NDArray[np.float32]) -> Counts:
    from sklearn.preprocessing import normalize

    weighted = counts.copy()
    weighted.data = (1 + np.log(counts.data)) * rarity[counts.indices]
    return normalize(weighted, copy=False)

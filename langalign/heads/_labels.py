"""What a head's outputs mean: classes by name, or scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from langalign.errors import DataError
from langalign.training.label_kind import CLASSIFICATION, REGRESSION, Labels, as_number

Targets: TypeAlias = NDArray[Any]
"""What is learned: codes of classes, int64, or standardised scores, float32. Shape: ``(N,)``."""


@dataclass(frozen=True)
class Task:
    """Translates between labels and what a head computes with.

    :param kind: ``classification`` or ``regression``.
    :param classes: The ``K`` class names; their positions are their codes. Empty for regression.
    :param centre: Mean of the scores that were learned.
    :param spread: Their standard deviation.
    """

    kind: str
    classes: tuple[str, ...] = ()
    centre: float = 0.0
    spread: float = 1.0

    @classmethod
    def of(cls, labels: Labels, kind: str) -> Self:
        """Find out classes, or centre and spread, from training labels.

        :param labels: ``N`` labels, at least one.
        :param kind: ``classification`` or ``regression``.
        :return: The task.
        :raises DataError: If there is nothing to tell apart: one class, or equal scores.
        """
        if len(labels) == 0:
            raise DataError("0 rows were given; a head needs rows of two classes, or of scores that differ")
        if kind == REGRESSION:
            scores = as_scores(labels)
            if scores.min() == scores.max():
                raise DataError(
                    f"all {len(scores):,} rows have the score {scores[0]:g}; a head needs scores that differ"
                )
            return cls(REGRESSION, (), float(scores.mean()), float(scores.std()))
        classes = tuple(sorted({str(label) for label in labels}))
        if len(classes) < 2:
            raise DataError(
                f"all {len(labels):,} rows have the label {listed(classes)}; a head needs two classes or more"
            )
        return cls(CLASSIFICATION, classes)

    @property
    def outputs(self) -> int:
        """Tell the number of outputs: ``K``, or one for a score."""
        return len(self.classes) or 1

    def targets(self, labels: Labels) -> Targets:
        """Turn labels into what the head learns.

        :param labels: Class names or scores. Shape: ``(N,)``.
        :return: Codes, or ``(score − centre) / spread``. Shape: ``(N,)``.
        :raises DataError: If a class is unknown, or a score not a number.
        """
        if self.kind == REGRESSION:
            return ((as_scores(labels) - self.centre) / self.spread).astype(np.float32)
        code_of = {name: code for code, name in enumerate(self.classes)}
        codes = np.array([code_of.get(str(label), -1) for label in labels], dtype=np.int64)
        if np.any(codes < 0):
            found = sorted({str(label) for label in labels})
            raise DataError(
                f"the data has labels {listed(found)} but the head knows {listed(self.classes)}; "
                "name them alike, or fit a head on such labels"
            )
        return codes

    def answers(self, labels: Labels) -> list[str] | NDArray[np.float64]:
        """Give right labels as :meth:`decide` gives predicted ones.

        :param labels: Class names or scores. Shape: ``(N,)``.
        :return: ``N`` class names, or the scores, shape ``(N,)``.
        :raises DataError: If a class is unknown, or a score not a number.
        """
        if self.kind == REGRESSION:
            return as_scores(labels)
        return [self.classes[code] for code in self.targets(labels)]

    def scores(self, outputs: NDArray[np.float64]) -> NDArray[np.float64]:
        """Turn outputs into probabilities by softmax, or into scores.

        :param outputs: Shape: ``(N, K)``, or ``(N, 1)``.
        :return: The same shape.
        """
        if self.kind == REGRESSION:
            scores: NDArray[np.float64] = outputs * self.spread + self.centre
            return scores
        powers: NDArray[np.float64] = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        powers /= powers.sum(axis=1, keepdims=True)
        return powers

    def decide(self, scores: NDArray[np.float64]) -> list[str] | NDArray[np.float64]:
        """Name the most probable classes, or give the scores.

        :param scores: From :meth:`scores`.
        :return: ``N`` class names, or the scores, shape ``(N,)``.
        """
        if self.kind == REGRESSION:
            return scores[:, 0]
        return [self.classes[code] for code in scores.argmax(axis=1)]


LARGEST_SCORE = 1e30
"""Squares and sums of scores must be numbers, too."""


def as_scores(labels: Labels) -> NDArray[np.float64]:
    """Read labels as numbers.

    :param labels: ``N`` labels.
    :return: Shape: ``(N,)``.
    :raises DataError: If one is not a finite number, or beyond :data:`LARGEST_SCORE`.
    """
    scores = np.array([as_number(label) for label in labels], dtype=np.float64)
    bad = np.flatnonzero(~(np.abs(scores) <= LARGEST_SCORE))
    if len(bad):
        raise DataError(
            f"the label {str(labels[bad[0]])!r} of row {bad[0] + 1:,} is not a finite number, or beyond "
            f"{LARGEST_SCORE:g}, which regression needs; choose another label column, or classification"
        )
    return scores


def listed(names: Sequence[str], most: int = 12) -> str:
    """Join names for a message, of many the first dozen."""
    more = f", … ({len(names):,} in all)" if len(names) > most else ""
    return ", ".join(map(repr, names[:most])) + more

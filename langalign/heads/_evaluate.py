"""Measures a head's answers, with intervals."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.errors import ShapeError
from langalign.heads._bootstrap import bootstrap_interval
from langalign.heads._labels import Task
from langalign.heads._metrics import classification_figures, regression_figures
from langalign.training.label_kind import REGRESSION, Labels


def evaluate_head(
    task: Task, labels: Labels, predicted: list[str] | NDArray[np.float64], *, seed: int = 0
) -> dict[str, Any]:
    """Compare what a head predicted with the right labels.

    :param task: The head's ``task_``.
    :param labels: Right class names or scores. Shape: ``(N,)``.
    :param predicted: What the head's ``predict`` gave. Shape: ``(N,)``.
    :param seed: Seed of the intervals.
    :return: ``rows``, the figures of :func:`~langalign.heads.classification_figures` or
        :func:`~langalign.heads.regression_figures`, and their ``interval_95``.
    :raises DataError: If a class is unknown to the head, or a score not a number.
    :raises ShapeError: If there are no rows, or labels and predictions differ in number.
    """
    if not 0 < len(labels) == len(predicted):
        raise ShapeError(f"{len(predicted):,} predictions do not fit {len(labels):,} labels; rows must match")
    right = task.answers(labels)
    if task.kind == REGRESSION:
        figures: dict[str, Any] = regression_figures(np.asarray(right), np.asarray(predicted))
    else:
        figures = classification_figures(list(right), list(predicted), task.classes)
    return {"rows": len(right), **figures, "interval_95": bootstrap_interval(right, predicted, seed=seed)}

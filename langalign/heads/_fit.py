"""Fits a head by name: holds rows out, trains, and measures on what was held out."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from langalign import registry
from langalign.errors import DataError
from langalign.heads._characters import Characters
from langalign.heads._labels import Task, as_scores
from langalign.heads._metrics import classification_figures, regression_figures
from langalign.heads.base import Head
from langalign.training.label_kind import REGRESSION, Labels, resolve_kind
from langalign.training.rows import PickedRows, as_rows, require_as_many
from langalign.training.split import CAP, FRACTION
from langalign.types import Option, Progress, Rows

FEWEST_ROWS = 10


@dataclass(frozen=True)
class FittedHead:
    """A head and how it came about.

    :param name: The head's name.
    :param preset: The preset it was built from.
    :param head: The head, fitted.
    :param seed: Seed of the split and the training.
    :param train_rows: Rows that were learned.
    :param validation_rows: Rows that were held out.
    :param validation: The figures on these, ``accuracy`` and ``macro_f1``, or ``pearson`` and
        ``spearman``. They also decided when to stop, so they flatter a little.
    :param seconds: From the first row read to the last figure.
    :param epochs: Passes over the training rows.
    :param characters: What scores each text's characters beside its vector, if it was co-trained.
    """

    name: str
    preset: str
    head: Head
    seed: int
    train_rows: int
    validation_rows: int
    validation: Mapping[str, float]
    seconds: float
    epochs: int
    characters: Characters | None = None


def fit_head(
    name: str,
    vectors: Rows | ArrayLike,
    labels: Labels,
    *,
    preset: str = "default",
    options: Mapping[str, Option] | None = None,
    groups: Sequence[int] | NDArray[np.int64] | None = None,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress | None = None,
) -> FittedHead:
    """Fit a head on nine tenths of the rows and measure it on the rest.

    :param name: A head's name, such as ``linear``.
    :param vectors: Rows, or what numpy reads as such. Shape: ``(N, D)``.
    :param labels: Class names or scores. Shape: ``(N,)``.
    :param preset: A named set of the head's options.
    :param options: Single options that override the preset's.
    :param groups: Rows of the same text share a number and stay on one side. Shape: ``(N,)``.
    :param seed: Seed of everything random.
    :param device: Torch device that trains.
    :param progress: Is told steps done and in all.
    :return: The head, and its figures.
    :raises UnknownPartError: If no head has that name.
    :raises SpecError: If the preset or an option is unknown.
    :raises ShapeError: If vectors, labels and groups differ in number.
    :raises DataError: If there are fewer than ten rows, nothing to tell apart, or the vectors are no numbers.
    """
    head: Head = registry.get("heads", name).from_preset(preset, options)
    vectors = as_rows(vectors)
    require_as_many(vectors, labels=labels, groups=groups)
    begin = time.perf_counter()
    kind = resolve_kind(labels, head.task)
    values = as_scores(labels) if kind == REGRESSION else np.array([str(label) for label in labels])
    Task.of(values, kind)  # refuses what no head can tell apart, counting all rows
    train, held_out = split_labels(values, groups=groups, seed=seed)
    head.fit(
        PickedRows(vectors, train),
        values[train],
        validation=(PickedRows(vectors, held_out), values[held_out]),
        seed=seed,
        device=device,
        progress=progress,
    )
    figures = _figures(head, PickedRows(vectors, held_out), values[held_out])
    seconds, epochs = time.perf_counter() - begin, int(head.history_[-1]["epoch"])
    return FittedHead(name, preset, head, seed, len(train), len(held_out), figures, seconds, epochs)


def split_labels(
    labels: NDArray[Any], *, groups: Sequence[int] | NDArray[np.int64] | None = None, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Hold out a tenth of the rows, at most 5,000, with the same mixture of labels.

    The texts are ordered by label, by chance within one, and every tenth is held out; so it is for
    scores. A class that would be held out whole is only trained on.

    :param labels: Class names, or scores as floats. Shape: ``(N,)``.
    :param groups: Rows of the same text share a number; by default each row is its own. Shape: ``(N,)``.
    :param seed: Seed of the order.
    :return: Rows to learn from and rows held out, ascending.
    :raises DataError: If there are fewer than ten texts, or no two share a label.
    """
    numbers = np.arange(len(labels)) if groups is None else groups
    _, first, text_of = np.unique(numbers, return_index=True, return_inverse=True)
    _, codes = np.unique(labels[first], return_inverse=True)
    order = np.lexsort((np.random.default_rng(seed).random(len(codes)), codes))
    step = max(round(1 / FRACTION), math.ceil(len(order) / CAP))
    held_out = np.isin(text_of, order[step // 2 :: step])
    if labels.dtype.kind != "f":
        unseen = held_out & ~np.isin(labels, labels[~held_out])
        held_out &= ~np.isin(text_of, text_of[unseen])
    if len(first) < FEWEST_ROWS or not held_out.any():
        raise DataError(
            f"{len(labels):,} rows with {len(first):,} distinct texts and {len(set(labels)):,} labels cannot "
            f"be split; it takes {FEWEST_ROWS} texts, two with the same label among them: give more"
        )
    return np.flatnonzero(~held_out), np.flatnonzero(held_out)


def _figures(head: Head, vectors: Rows, labels: NDArray[Any]) -> dict[str, float]:
    right, predicted = head.task_.answers(labels), head.predict(vectors)
    if head.task_.kind == REGRESSION:
        return regression_figures(np.asarray(right), np.asarray(predicted))
    figures = classification_figures(list(right), list(predicted))
    return {name: figures[name] for name in ("accuracy", "macro_f1")}

"""Fits an aligner by name: holds pairs out, trains, and measures before and after on what was held out."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from langalign import registry
from langalign.aligners.base import Aligner
from langalign.analysis.cosine import cosine_summary
from langalign.analysis.retrieval import retrieval
from langalign.analysis.sample import evenly
from langalign.errors import ShapeError
from langalign.training.rows import PickedRows, as_rows, require_as_many
from langalign.training.split import linked_groups, split_pairs
from langalign.types import Option, Progress, Rows, Vectors

Direction = Literal["source-to-target", "target-to-source"]

MEASURED_PAIRS = 2000
"""The most held-out pairs that the figures are measured on; retrieval costs their square."""


@dataclass(frozen=True)
class FittedPairs:
    """An aligner and how it came about.

    :param name: The aligner's name.
    :param preset: The preset it was built from.
    :param aligner: The aligner, fitted.
    :param direction: Which side it moves, and onto which.
    :param seed: Seed of the split and the training.
    :param train_pairs: Pairs that were learned.
    :param validation_pairs: Pairs that were held out.
    :param before: ``cosine_mean``, ``margin`` and ``p_at_1`` of held-out pairs as they are; None where
        the widths differ.
    :param after: The same with one side moved. Held-out pairs may have decided when to stop or how
        strong to pull, so they flatter a little.
    :param seconds: Fitting time, the figures not counted.
    :param epochs: Passes over the training pairs; 0 for a closed form.
    """

    name: str
    preset: str
    aligner: Aligner
    direction: Direction
    seed: int
    train_pairs: int
    validation_pairs: int
    before: Mapping[str, Any] | None
    after: Mapping[str, Any]
    seconds: float
    epochs: int


def fit_pairs(
    name: str,
    source: Rows | ArrayLike,
    target: Rows | ArrayLike,
    *,
    groups: Sequence[int] | NDArray[np.int64],
    target_groups: Sequence[int] | NDArray[np.int64] | None = None,
    preset: str = "default",
    options: Mapping[str, Option] | None = None,
    reverse: bool = False,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress | None = None,
) -> FittedPairs:
    """Fit an aligner on nine tenths of the pairs and measure it on at most 2,000 of the rest.

    Reversed, the target side is the one that moves: with both examples of a pair, ``e(T(d)) → e(d)`` and
    ``e(d) → e(d)``.

    :param name: An aligner's name, such as ``linear``.
    :param source: Vectors of one side: rows, or what numpy reads as such. Shape: ``(P, D)``.
    :param target: Vectors of the other, row by row. Shape: ``(P, E)``.
    :param groups: Pairs with the same source text share a number. Shape: ``(P,)``.
    :param target_groups: The same for target texts; by default each is its own. The figures count any
        copy of the right text as right, and no text of either side is both trained and measured on.
        Shape: ``(P,)``.
    :param preset: A named set of the aligner's options.
    :param options: Single options that override the preset's.
    :param reverse: Move the target side onto the source side.
    :param seed: Seed of everything random.
    :param device: Torch device that trains.
    :param progress: Is told steps done and in all.
    :return: The aligner and its figures.
    :raises UnknownPartError: If no aligner has that name.
    :raises SpecError: If the preset or an option is unknown.
    :raises ShapeError: If the sides or the groups differ in number.
    :raises DataError: If there are too few pairs to split, or the vectors are no numbers.
    """
    aligner: Aligner = registry.get("aligners", name).from_preset(preset, options)
    source, target = as_rows(source), as_rows(target)
    if len(source) != len(target):
        raise ShapeError(f"source has {len(source):,} rows but target has {len(target):,}; pairs must match")
    require_as_many(source, groups=groups, target_groups=target_groups)
    sources = np.asarray(groups)
    targets = np.arange(len(target)) if target_groups is None else np.asarray(target_groups)
    split = split_pairs(linked_groups(sources, targets), seed=seed)
    moved, goal = (target, source) if reverse else (source, target)
    begin = time.perf_counter()
    aligner.fit(
        PickedRows(moved, split.train),
        PickedRows(goal, split.train),
        validation=(PickedRows(moved, split.validation), PickedRows(goal, split.validation)),
        seed=seed,
        device=device,
        progress=progress,
    )
    seconds = time.perf_counter() - begin
    measured = split.validation[evenly(len(split.validation), MEASURED_PAIRS)]
    from_, onto = np.asarray(moved[measured]), np.asarray(goal[measured])
    same_text = sources[measured], targets[measured]
    return FittedPairs(
        name=name,
        preset=preset,
        aligner=aligner,
        direction="target-to-source" if reverse else "source-to-target",
        seed=seed,
        train_pairs=len(split.train),
        validation_pairs=len(split.validation),
        before=_figures(from_, onto, same_text, reverse) if from_.shape[1] == onto.shape[1] else None,
        after=_figures(aligner.transform(from_), onto, same_text, reverse),
        seconds=seconds,
        epochs=int(aligner.history_[-1].get("epoch", 0)) if aligner.history_ else 0,
    )


def _figures(
    moved: Vectors, goal: Vectors, groups: tuple[NDArray[np.int64], NDArray[np.int64]], reverse: bool
) -> dict[str, Any]:
    source, target = (goal, moved) if reverse else (moved, goal)
    summary = cosine_summary(source, target)
    found = retrieval(source, target, source_groups=groups[0], target_groups=groups[1], backend="exact")
    return {"cosine_mean": summary.mean, "margin": summary.margin, "p_at_1": found.p_at_1}

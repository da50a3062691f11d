"""Co-training: a head and a model of characters teach each other on unlabelled texts of the target language.

A head that learned another language's labels errs on the target language, but not at random: the encoder
puts some texts on the wrong side. A model of characters that learns from the head's own labels does not see
the vectors, so it cannot repeat these errors, and what they say together is right more often (`Blum &
Mitchell, 1998`_). Nothing here needs a label of the target language.

.. _Blum & Mitchell, 1998: https://doi.org/10.1145/279943.279962
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from langalign.analysis.retrieval import text_groups
from langalign.errors import DataError
from langalign.heads._characters import Characters, Counts, count_ngrams
from langalign.heads._features import Features
from langalign.heads._fit import FittedHead, fit_head
from langalign.training.label_kind import REGRESSION
from langalign.training.rows import as_rows, require_as_many
from langalign.types import Progress, Rows, Text

ROUNDS = 2
FOLDS = 4
FEWEST_TEXTS = 100
_SHARPNESS, _STEPS = 10.0, 100

Codes = NDArray[np.int64]
Scores = NDArray[np.float64]


def cotrain_head(
    teacher: FittedHead,
    vectors: Rows | ArrayLike,
    texts: Sequence[Text],
    *,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress | None = None,
) -> FittedHead:
    """Fit a head anew on unlabelled texts, beside a model of their characters.

    In each round the model of characters learns the labels of the round before and scores the texts that
    it did not learn from; these scores and the head's, each scaled to the same spread, are added and give
    the new labels, every class keeping about the share that the teacher gave it; a head like the teacher
    learns them. The last head takes ``[vector; scores of the characters]``, and so needs texts at inference.

    :param teacher: A head that classifies such vectors, learned from another language.
    :param vectors: Rows, or what numpy reads as such. Shape: ``(N, D)``.
    :param texts: ``N`` texts.
    :param seed: Seed of everything random.
    :param device: Torch device that trains.
    :param progress: Is told heads fitted and in all.
    :return: The new head with its ``characters``. Its figures on validation tell how well it repeats the
        labels that it was given, not how right these are; so do its probabilities.
    :raises DataError: If the texts are too few or sentence pairs, the teacher tells scores and not classes,
        or does not see one of its classes.
    :raises ShapeError: If vectors and texts differ in number.
    """
    begin = time.perf_counter()
    vectors = as_rows(vectors)
    require_as_many(vectors, texts=texts)
    _check(teacher, texts)
    groups, counts, classes = text_groups(texts), count_ngrams(texts), np.array(teacher.head.labels_)
    folds = np.random.default_rng(seed).permutation(groups.max() + 1)[groups] % FOLDS

    def learn(rows: Rows, codes: Codes, done: int) -> FittedHead:
        fitted = fit_head(
            teacher.name,
            rows,
            classes[codes],
            preset=teacher.preset,
            options=teacher.head.options(),
            groups=groups,
            seed=seed,
            device=device,
        )
        if progress:
            progress(done, ROUNDS + 1)
        return fitted

    own = teacher.head.scores(vectors)
    codes = own.argmax(axis=1)
    shares = np.bincount(codes, minlength=len(classes)) / len(codes)
    if np.any(shares == 0):
        missing = str(classes[shares == 0][0])
        raise DataError(
            f"the head sees no {missing!r} among {len(codes):,} unlabelled texts; give more of them, or such "
            "as its task is about"
        )
    for done in range(1, ROUNDS + 1):
        beside = _unseen_scores(counts, codes, folds, len(classes))
        codes = _assign(_scaled(np.log(own + 1e-12)) + _scaled(beside), shares)
        own = learn(vectors, codes, done).head.scores(vectors)
    fitted = learn(Features([vectors], beside=beside), codes, ROUNDS + 1)
    characters = Characters.fit(counts, codes, len(classes))
    seconds = teacher.seconds + time.perf_counter() - begin
    return replace(fitted, characters=characters, seconds=seconds)


def _check(teacher: FittedHead, texts: Sequence[Text]) -> None:
    if teacher.head.task_.kind == REGRESSION:
        raise DataError(
            "the head tells scores, but co-training is for classes; leave out the unlabelled texts"
        )
    if (distinct := len(set(texts))) < FEWEST_TEXTS:
        raise DataError(
            f"{distinct:,} distinct unlabelled texts are too few; co-training takes {FEWEST_TEXTS} at least"
        )
    if not all(isinstance(text, str) for text in texts):
        raise DataError("the unlabelled data holds sentence pairs; co-training is for single texts")


def _unseen_scores(counts: Counts, codes: Codes, folds: Codes, classes: int) -> Scores:
    """Score each text by a model that has not seen its label, which it would repeat. Shape: ``(N, K)``."""
    scores = np.empty((len(codes), classes))
    for fold in range(FOLDS):
        out = folds == fold
        scores[out] = Characters.fit(counts[~out], codes[~out], classes).scores(counts[out])
    return scores


def _scaled(scores: Scores) -> Scores:
    """Bring a view's scores to the same spread as any other's."""
    centred = scores - scores.mean(axis=1, keepdims=True)
    scaled: Scores = centred / centred.std()
    return scaled


def _assign(scores: Scores, shares: NDArray[np.float64]) -> Codes:
    """Name a class for each text such that each has its share, as drift would soon let one take all.

    A bias for each class is raised or lowered until the (sharpened) probabilities have these shares.
    """
    bias = np.zeros(len(shares))
    for _ in range(_STEPS):
        powers = _SHARPNESS * scores + bias
        powers = np.exp(powers - powers.max(axis=1, keepdims=True))
        bias += np.log(shares) - np.log((powers / powers.sum(axis=1, keepdims=True)).mean(axis=0))
    codes = np.asarray((_SHARPNESS * scores + bias).argmax(axis=1))
    _refill(codes, scores, shares)
    return codes


def _refill(codes: Codes, scores: Scores, shares: NDArray[np.float64]) -> None:
    """Give a class that came away empty its share after all: a head that knows fewer classes is another one.

    It takes the texts that lose least by it, from classes that have more than their share.
    """
    due = np.rint(shares * len(codes))
    counts = np.bincount(codes, minlength=len(shares))
    for empty in np.flatnonzero(counts == 0):
        losses = scores[np.arange(len(codes)), codes] - scores[:, empty]
        for row in losses.argsort(kind="stable"):
            if counts[empty] < due[empty] and counts[codes[row]] > due[codes[row]]:
                counts[[codes[row], empty]] += -1, 1
                codes[row] = empty

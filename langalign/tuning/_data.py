"""What tuning learns from: rows that say something, their classes, and which of them are held out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from langalign.analysis.retrieval import text_groups
from langalign.errors import DataError, ShapeError
from langalign.option_checks import require_share
from langalign.training.label_kind import REGRESSION, resolve_kind
from langalign.training.split import Split, split_pairs
from langalign.types import Text


@dataclass(frozen=True)
class TuningRows:
    """Rows to learn from and to judge by.

    :param texts: ``N`` texts or sentence pairs.
    :param codes: Numbers of their classes, shape ``(N,)``; None without labels.
    :param classes: The ``K`` class names, sorted; none without labels.
    :param split: Which rows are held out.
    :param dropped: Rows left out.
    """

    texts: list[Text]
    codes: NDArray[np.int64] | None
    classes: tuple[str, ...]
    split: Split
    dropped: int


def prepare(
    texts: Sequence[Text], labels: Sequence[str] | None, *, validation_share: float, seed: int
) -> TuningRows:
    """Leave out what teaches nothing, number the classes, and hold rows out.

    Blank texts are left out, and without labels also repeated ones, which would have to be told apart
    from themselves. A text is never on both sides, and each class is among the rows to learn from.

    :param texts: Texts or sentence pairs.
    :param labels: A class name for each; None where none are used.
    :param validation_share: Share of the rows to hold out; 0 holds none out.
    :param seed: Seed of the draw.
    :return: The rows.
    :raises ShapeError: If texts and labels differ in number.
    :raises SpecError: If the share is none.
    :raises DataError: If all labels are the same, or scores, or there are too few rows.
    """
    if labels is not None and len(labels) != len(texts):
        raise ShapeError(
            f"{len(texts):,} texts do not fit {len(labels):,} labels; give one label for each text"
        )
    require_share("validation_share", validation_share)
    kept = [row for row, text in enumerate(texts) if "".join(text).strip()]
    if labels is None:
        first = {texts[row]: row for row in reversed(kept)}
        kept = sorted(first.values())
    if len(kept) < 2:
        raise DataError(f"of {len(texts):,} rows {len(kept):,} hold a text of their own; give more")
    chosen = [texts[row] for row in kept]
    classes: tuple[str, ...] = ()
    codes = None
    if labels is not None:
        names = [str(labels[row]) for row in kept]
        if resolve_kind(names) == REGRESSION:
            raise DataError(
                f"the labels are scores, such as {names[0]}, but a language model is tuned for classes; "
                "choose another label column, or simcse"
            )
        classes = tuple(sorted(set(names)))
        codes = _codes(names, classes)
    split = _hold_out(chosen, codes, validation_share, seed)
    return TuningRows(chosen, codes, classes, split, len(texts) - len(kept))


def _codes(labels: Sequence[str], classes: Sequence[str]) -> NDArray[np.int64]:
    if len(classes) < 2:
        raise DataError(
            f"all {len(labels):,} rows have the label {classes[0]!r}; tuning with labels needs two classes "
            "or more: choose another label column, or simcse"
        )
    code_of = {name: code for code, name in enumerate(classes)}
    return np.array([code_of[label] for label in labels], dtype=np.int64)


def _hold_out(texts: Sequence[Text], codes: NDArray[np.int64] | None, share: float, seed: int) -> Split:
    if share == 0:
        return Split(np.arange(len(texts)), np.zeros(0, np.int64))
    groups = text_groups(texts)
    split = split_pairs(groups, fraction=share, seed=seed)
    if codes is None:
        return split
    # A class that is held out whole could never be learned.
    unseen = split.validation[~np.isin(codes[split.validation], codes[split.train])]
    learned = np.isin(groups, groups[np.concatenate([split.train, unseen])])
    if learned.all():
        raise DataError(
            f"{len(texts):,} rows of {len(np.unique(codes)):,} classes leave none to hold out; give more, or "
            "hold none out"
        )
    return Split(np.flatnonzero(learned), np.flatnonzero(~learned))

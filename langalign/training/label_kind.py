"""Tells labels that name classes from those that are scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from langalign.errors import DataError

Labels: TypeAlias = Sequence[str] | NDArray[Any]
"""Class names, or scores, as numbers or as read from a file. Shape: ``(N,)``."""

CLASSIFICATION, REGRESSION = "classification", "regression"

_PLAINLY_SCORES = 0.9
"""Of so many numbers among the distinct labels, some not whole, the others are gaps and not classes."""


def resolve_kind(labels: Labels, asked: str = "auto") -> str:
    """Tell classes from scores.

    Labels are scores if all are numbers and at least one is not whole: ``0``, ``1``, ``2`` are
    classes, also where a table wrote them as ``0.0``, ``1.0``, ``2.0``. A few others among scores are
    gaps in the table, such as ``NA``.

    :param labels: ``N`` labels; an array of floats is always scores.
    :param asked: ``classification`` or ``regression``, or ``auto`` to find out.
    :return: ``classification`` or ``regression``.
    :raises DataError: If nearly all labels are scores.
    """
    if asked != "auto":
        return asked
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "f":
        return REGRESSION
    distinct = list(dict.fromkeys(labels))
    numbers = np.array([as_number(label) for label in distinct])
    finite = np.isfinite(numbers)
    if not np.any(numbers[finite] % 1):
        return CLASSIFICATION
    if not finite.all() and finite.mean() >= _PLAINLY_SCORES:
        raise DataError(
            f"the label {str(distinct[int(np.argmin(finite))])!r} is not a finite number, but "
            f"{finite.sum():,} of {len(distinct):,} distinct labels are scores; mend or remove its row, or "
            "set the head's option task=classification"
        )
    return REGRESSION if finite.all() else CLASSIFICATION


def as_number(label: object) -> float:
    """Read a label as a number.

    :param label: As read from a file, or a number.
    :return: The number; NaN if it is none.
    """
    try:
        return float(str(label))
    except ValueError:
        return float("nan")

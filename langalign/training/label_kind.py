"""Tells labels that name classes from those that are scores."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Labels: TypeAlias = Sequence[str] | NDArray[Any]
"""Class names, or scores, as numbers or as read from a file. Shape: ``(N,)``."""

CLASSIFICATION, REGRESSION = "classification", "regression"


def resolve_kind(labels: Labels, asked: str = "auto") -> str:
    """Tell classes from scores.

    Labels are scores if all are numbers and at least one is not whole: ``0``, ``1``, ``2`` are
    classes, also where a table wrote them as ``0.0``, ``1.0``, ``2.0``.

    :param labels: ``N`` labels; an array of floats is always scores.
    :param asked: ``classification`` or ``regression``, or ``auto`` to find out.
    :return: ``classification`` or ``regression``.
    """
    if asked != "auto":
        return asked
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "f":
        return REGRESSION
    numbers = [as_number(label) for label in dict.fromkeys(labels)]
    scores = all(np.isfinite(numbers)) and any(number % 1 for number in numbers)
    return REGRESSION if scores else CLASSIFICATION


def as_number(label: object) -> float:
    """Read a label as a number.

    :param label: As read from a file, or a number.
    :return: The number; NaN if it is none.
    """
    try:
        return float(str(label))
    except ValueError:
        return float("nan")

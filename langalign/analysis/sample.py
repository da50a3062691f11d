"""Takes some rows of many, always the same ones."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def evenly(rows: int, most: int) -> NDArray[np.int64]:
    """Choose rows evenly over all, since the first of a file are often of one kind.

    :param rows: ``N``.
    :param most: How many at most.
    :return: Row numbers, ascending. Shape: ``(n,)``.
    """
    count = min(rows, most)
    return np.arange(count, dtype=np.int64) * rows // max(count, 1)

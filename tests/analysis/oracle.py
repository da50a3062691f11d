"""What the figures should be: plain float64 numpy with the whole matrix in memory."""

from __future__ import annotations

import numpy as np


def cosines(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    def unit(rows: np.ndarray) -> np.ndarray:
        rows = rows.astype(np.float64)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.divide(rows, lengths, out=np.zeros_like(rows), where=lengths > 0)

    return unit(left) @ unit(right).T


def order(scores: np.ndarray) -> np.ndarray:
    """Best first; what differs by rounding only counts as equal, and the lower index wins."""
    return np.argsort(-np.round(scores, 11), axis=1, kind="stable")


def ranks(scores: np.ndarray, groups: np.ndarray) -> np.ndarray:
    right = groups[order(scores)] == groups[:, None]
    return right.argmax(axis=1) + 1


def csls(scores: np.ndarray, k: int = 10) -> np.ndarray:
    row_mean = np.sort(scores, axis=1)[:, -k:].mean(axis=1)
    column_mean = np.sort(scores, axis=0)[-k:].mean(axis=0)
    return 2 * scores - row_mean[:, None] - column_mean[None, :]


def occurrences(scores: np.ndarray, k: int = 10) -> np.ndarray:
    return np.bincount(order(scores)[:, :k].ravel(), minlength=scores.shape[1])

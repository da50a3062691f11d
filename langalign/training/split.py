"""Holds out pairs for validation, never a text that is also trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from langalign.errors import DataError

FRACTION = 0.1
"""Share of the rows that is held out (paper, Table 2)."""

CAP = 5000
"""The most rows that are held out; more would not make the figures noticeably steadier."""

_FEWEST_ROWS = 10
_FEWEST_ON_A_SIDE = 2


@dataclass(frozen=True)
class Split:
    """Name the rows of both sides, in ascending order.

    :param train: Rows to learn from. Shape: ``(T,)``.
    :param validation: Rows held out. Shape: ``(V,)``.
    """

    train: NDArray[np.int64]
    validation: NDArray[np.int64]


def linked_groups(source: NDArray[np.int64], target: NDArray[np.int64]) -> NDArray[np.int64]:
    """Give pairs one number that a text of either side links, however many steps away.

    :param source: Pairs with identical source text share a number. Shape: ``(P,)``.
    :param target: Pairs with identical target text share a number. Shape: ``(P,)``.
    :return: Connected components of the graph of texts. Shape: ``(P,)``.
    """
    (sources, left), (targets, right) = (np.unique(side, return_inverse=True) for side in (source, target))
    texts = len(sources) + len(targets)
    edges = coo_array((np.ones(len(left)), (left, len(sources) + right)), shape=(texts, texts))
    _, components = connected_components(edges, directed=False)
    return np.asarray(components, dtype=np.int64)[left]


def split_pairs(
    groups: NDArray[np.int64], *, fraction: float = FRACTION, seed: int = 0, cap: int = CAP
) -> Split:
    """Split rows so that no group lies on both sides.

    Groups are drawn at random and held out one by one while they fit into what is still to be held
    out, so the held-out part never exceeds its size, and a group that is larger is trained on.

    :param groups: Rows that must stay together share a number. Shape: ``(P,)``.
    :param fraction: Share of rows to hold out.
    :param seed: Seed of the draw.
    :param cap: The most rows to hold out.
    :return: The two sides.
    :raises DataError: If there are fewer than ten rows, or either side would have fewer than two.
    """
    _, numbers, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    wanted = min(cap, max(_FEWEST_ON_A_SIDE, round(len(groups) * fraction)))
    held_out = np.zeros(len(sizes), dtype=bool)
    for group in np.random.default_rng(seed).permutation(len(sizes)):
        if wanted == 0:
            break
        if sizes[group] <= wanted:
            held_out[group] = True
            wanted -= sizes[group]
    validation = held_out[numbers]
    split = Split(np.flatnonzero(~validation), np.flatnonzero(validation))
    if len(groups) < _FEWEST_ROWS or min(len(split.train), len(split.validation)) < _FEWEST_ON_A_SIDE:
        raise DataError(
            f"{len(groups):,} rows with {len(sizes):,} distinct texts cannot be split: it takes "
            f"{_FEWEST_ROWS} rows, and {_FEWEST_ON_A_SIDE} each for training and validation with no text in "
            "both; give more"
        )
    return split

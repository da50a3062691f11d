"""Which rows a cell takes: nested in size, drawn by seed, the aligner's apart from the head's.

Heads take the first rows of one permutation, aligners the pairs that lie farthest from its beginning. So
they overlap only where the texts do not suffice for both, and an aligner does not depend on the head's size.
Where pairs are measured, these are the last ones, and no text of theirs is learned.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from langalign.types import Text, parts

Indices = NDArray[np.int64]


def head_order(rows: int, seed: int) -> Indices:
    """Order rows by chance; a head learns from the first ones.

    :param rows: ``N``.
    :param seed: Seed of the order.
    :return: A permutation. Shape: ``(N,)``.
    """
    return np.random.default_rng(seed).permutation(rows)


def places(texts: Sequence[Text], labelled: Sequence[Text], order: Indices) -> Indices:
    """Tell where in the order of the head's rows each text first occurs.

    A single text also occurs where it is one side of a sentence pair.

    :param texts: Source sides of ``P`` pairs.
    :param labelled: ``N`` texts that heads learn from.
    :param order: Their order. Shape: ``(N,)``.
    :return: Places; ``N`` for a text that does not occur. Shape: ``(P,)``.
    """
    first: dict[Text, int] = {}
    for place, row in enumerate(order):
        text = labelled[row]
        for part in (text, *parts(text)):
            first.setdefault(part, place)
    return np.array([first.get(text, len(order)) for text in texts], dtype=np.int64)


def pair_order(place: Indices, seed: int) -> Indices:
    """Order pairs so that the ones farthest from the head's rows come first.

    :param place: From :func:`places`. Shape: ``(P,)``.
    :param seed: Seed of the order among pairs whose text no head learns from.
    :return: A permutation. Shape: ``(P,)``.
    """
    chance = np.random.default_rng(seed).random(len(place))
    return np.lexsort((chance, -place))


def without_texts(rows: Indices, measured: Indices, sides: Sequence[Sequence[Text]]) -> Indices:
    """Leave out pairs with a text of the pairs that are measured, alone or in a sentence pair.

    :param rows: Pairs to learn from. Shape: ``(n,)``.
    :param measured: Pairs to measure on. Shape: ``(m,)``.
    :param sides: Source texts, target texts, or both; empty ones are not there yet. Each ``P`` texts.
    :return: The other rows, in their order.
    """
    seen = {part for side in sides for row in measured for part in parts(side[row])} - {""}
    apart = [row for row in rows if all(seen.isdisjoint(parts(side[row])) for side in sides)]
    return np.array(apart, dtype=np.int64)

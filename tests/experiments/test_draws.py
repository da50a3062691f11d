"""Rows are nested in size, and the aligner's lie apart from the head's as far as the texts suffice."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from langalign.experiments.draws import head_order, pair_order, places, without_texts


@given(rows=st.integers(4, 60), seed=st.integers(0, 5), data=st.data())
def test_only_the_remainder_overlaps(rows: int, seed: int, data: st.DataObject) -> None:
    head = data.draw(st.integers(1, rows))
    pairs = data.draw(st.integers(1, rows))
    texts = [f"text {number}" for number in range(rows)]
    order = head_order(rows, seed)
    taken = pair_order(places(texts, texts, order), seed)[:pairs]
    shared = {texts[row] for row in order[:head]} & {texts[row] for row in taken}
    assert len(shared) == max(0, head + pairs - rows)


def test_pairs_of_other_texts_come_first() -> None:
    labelled = ["a", "b", "c"]
    order = np.array([2, 0, 1])
    place = places(["x", "a", "b", "y", "c"], labelled, order)
    assert place.tolist() == [3, 1, 2, 3, 0]
    found = pair_order(place, seed=0).tolist()
    assert sorted(found[:2]) == [0, 3]
    assert found[2:] == [2, 1, 4]


def test_a_sentence_of_a_pair_counts_as_seen() -> None:
    place = places(["p", "h", "q", ("p", "h")], [("p", "h"), ("r", "q")], np.array([1, 0]))
    assert place.tolist() == [1, 1, 0, 1]


def test_repeated_texts_count_where_they_first_occur() -> None:
    assert places(["a"], ["b", "a", "a"], np.array([1, 0, 2])).tolist() == [0]


def test_a_seed_decides_the_order_of_pairs() -> None:
    place = np.full(50, 9)
    assert pair_order(place, 1).tolist() == pair_order(place, 1).tolist()
    assert pair_order(place, 1).tolist() != pair_order(place, 2).tolist()


def test_a_text_of_either_side_leaves_a_pair_out() -> None:
    source = ["a", "b", "a", "c", ("d", "m"), "e"]
    target = ["t", "u", "v", "m", "w", ""]
    rows = np.array([5, 4, 3, 2, 1])
    assert without_texts(rows, np.array([0]), [source, target]).tolist() == [5, 4, 3, 1]
    assert without_texts(rows, np.array([3]), [source, target]).tolist() == [5, 2, 1]
    assert without_texts(rows, np.array([3]), [source]).tolist() == [5, 4, 2, 1]
    untranslated = ["", "", "", "", "", ""]
    assert without_texts(rows, np.array([0]), [source, untranslated]).tolist() == [5, 4, 3, 1]

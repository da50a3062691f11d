"""Which rows are learned, held out, and left out."""

from __future__ import annotations

import numpy as np
import pytest

from langalign.errors import DataError, ShapeError, SpecError
from langalign.tuning._data import prepare


def numbered(number: int) -> list[str]:
    return [f"text {place}" for place in range(number)]


def test_a_tenth_is_held_out_and_no_text_is_on_both_sides() -> None:
    texts = numbered(60) * 2
    rows = prepare(texts, ["a", "b"] * 60, validation_share=0.1, seed=0)
    train, held_out = rows.split.train, rows.split.validation
    assert sorted([*train, *held_out]) == list(range(120))
    assert len(held_out) == 12
    assert not {texts[row] for row in train} & {texts[row] for row in held_out}
    again = prepare(texts, ["a", "b"] * 60, validation_share=0.1, seed=0)
    np.testing.assert_array_equal(again.split.validation, held_out)
    other = prepare(texts, ["a", "b"] * 60, validation_share=0.1, seed=1)
    assert set(other.split.validation) != set(held_out)


@pytest.mark.parametrize("seed", range(8))
def test_every_class_is_learned_even_one_of_a_single_row(seed: int) -> None:
    labels = ["common"] * 37 + ["rare", "rarer", "rarest"]
    rows = prepare(numbered(40), labels, validation_share=0.3, seed=seed)
    assert rows.classes == ("common", "rare", "rarer", "rarest")
    assert rows.codes is not None
    assert set(rows.codes[rows.split.train]) == {0, 1, 2, 3}
    assert len(rows.split.validation) > 0


def test_classes_that_leave_nothing_to_hold_out_are_told() -> None:
    with pytest.raises(DataError, match="12 rows of 12 classes leave none to hold out"):
        prepare(numbered(12), numbered(12), validation_share=0.2, seed=0)


def test_blank_texts_are_left_out() -> None:
    rows = prepare(
        ["", "  ", "\n", *numbered(20)], ["c", "c", "c", *["a", "b"] * 10], validation_share=0.1, seed=0
    )
    assert (rows.texts, rows.dropped, rows.classes) == (numbered(20), 3, ("a", "b"))
    pairs = [("", " "), ("one", ""), ("", "two"), *[(text, "x") for text in numbered(10)]]
    assert prepare(pairs, None, validation_share=0.0, seed=0).texts == pairs[1:]


def test_repeated_texts_are_left_out_only_without_labels() -> None:
    texts = [*numbered(20), "text 3", "text 3"]
    without = prepare(texts, None, validation_share=0.1, seed=0)
    assert (without.texts, without.dropped, without.codes) == (numbered(20), 2, None)
    assert prepare(texts, ["a", "b"] * 11, validation_share=0.1, seed=0).dropped == 0


def test_nothing_need_be_held_out() -> None:
    rows = prepare(numbered(3), ["a", "b", "a"], validation_share=0.0, seed=0)
    assert rows.split.train.tolist() == [0, 1, 2]
    assert len(rows.split.validation) == 0


@pytest.mark.parametrize(
    ("texts", "labels", "share", "error", "message"),
    [
        (numbered(20), ["a"] * 20, 0.1, DataError, "all 20 rows have the label 'a'"),
        (numbered(20), ["0.5", "1.0"] * 10, 0.1, DataError, "the labels are scores, such as 0.5"),
        (numbered(20), ["a"] * 19, 0.1, ShapeError, "20 texts do not fit 19 labels"),
        (numbered(20), None, 1.0, SpecError, "validation_share=1.0 is out of range; give a share"),
        (numbered(20), None, -0.1, SpecError, "validation_share=-0.1 is out of range; give a share"),
        (["one"] * 20, None, 0.1, DataError, "of 20 rows 1 hold a text of their own"),
        ([], [], 0.1, DataError, "of 0 rows 0 hold a text"),
        (numbered(5), None, 0.1, DataError, "5 rows with 5 distinct texts cannot be split"),
    ],
)
def test_rows_that_cannot_be_used_are_told(texts, labels, share: float, error: type, message: str) -> None:
    with pytest.raises(error, match=message):
        prepare(texts, labels, validation_share=share, seed=0)

"""Batches: every row once, little padding, the same ones again after a kill."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from langalign.training.rows import cut
from langalign.tuning._batches import Examples, shuffled


def lengths_of(number: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).geometric(0.05, number)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 300), st.integers(1, 40), st.integers(0, 5), st.integers(1, 5))
def test_an_epoch_has_each_row_once(number: int, batch_size: int, seed: int, epoch: int) -> None:
    batches = shuffled(lengths_of(number), batch_size, seed, epoch)
    assert sorted(np.concatenate(batches)) == list(range(number))
    assert max(map(len, batches)) <= batch_size
    assert len(batches) == -(-number // batch_size)


def test_the_order_depends_on_seed_and_epoch_alone() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return np.concatenate(shuffled(lengths_of(200), 8, seed, epoch)).tolist()

    assert order(0, 1) == order(0, 1)
    assert order(0, 1) != order(0, 2)
    assert order(0, 1) != order(1, 1)


def test_rows_of_like_lengths_meet() -> None:
    lengths = lengths_of(4000)

    def padded(batches: list[np.ndarray]) -> int:
        return sum(len(rows) * lengths[rows].max() for rows in batches)

    by_chance = cut(np.random.default_rng(0).permutation(4000), 16)
    assert padded(shuffled(lengths, 16, 0, 1)) < 1.1 * lengths.sum() < 0.5 * padded(by_chance)


def test_a_batch_is_padded_to_its_longest_row() -> None:
    ids = [np.array([[5, 6, 7], [0, 0, 1]]), np.array([[8], [0]]), np.array([[9, 9, 9, 9], [0, 0, 0, 0]])]
    examples = Examples(ids, np.array([3, 1, 4]), np.array([1, 0, 1]), pad_id=2)
    batch = examples.batch(np.array([1, 0]), "cpu")
    assert batch.inputs["input_ids"].tolist() == [[8, 2, 2], [5, 6, 7]]
    assert batch.inputs["token_type_ids"].tolist() == [[0, 0, 0], [0, 0, 1]]
    assert batch.inputs["attention_mask"].tolist() == [[1, 0, 0], [1, 1, 1]]
    assert batch.codes is not None
    assert batch.codes.tolist() == [0, 1]


def test_a_model_without_token_types_gets_none() -> None:
    batch = Examples([np.array([[5, 6]])], np.array([2]), None, pad_id=0).batch(np.array([0]), "cpu")
    assert set(batch.inputs) == {"input_ids", "attention_mask"}
    assert batch.codes is None

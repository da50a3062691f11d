"""The split holds out a tenth, keeps groups whole, and says when it cannot."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langalign.errors import DataError
from langalign.training.split import linked_groups, split_pairs


@pytest.mark.parametrize(("rows", "held_out"), [(10, 2), (20, 2), (100, 10), (1234, 123), (80_000, 5000)])
def test_a_tenth_is_held_out_but_five_thousand_at_most(rows: int, held_out: int) -> None:
    split = split_pairs(np.arange(rows))
    assert (len(split.train), len(split.validation)) == (rows - held_out, held_out)


@given(st.lists(st.integers(0, 12), min_size=10, max_size=80), st.integers(0, 5))
def test_each_row_is_on_one_side_and_no_group_on_both(groups: list[int], seed: int) -> None:
    numbers = np.array(groups)
    try:
        split = split_pairs(numbers, seed=seed)
    except DataError:
        sizes = np.bincount(numbers)[np.unique(numbers)]
        wanted = max(2, round(len(groups) * 0.1))
        # No groups fit into the held-out part, or the one that was drawn first left no room for a second row.
        assert sizes.min() > wanted or sizes.min() == 1 or len(sizes) == 1
        return
    both = np.concatenate([split.train, split.validation])
    assert sorted(both) == list(range(len(groups)))
    assert not set(numbers[split.train]) & set(numbers[split.validation])
    assert list(split.train) == sorted(split.train)
    assert list(split.validation) == sorted(split.validation)
    assert len(split.validation) <= max(2, round(len(groups) * 0.1))


def test_the_seed_decides() -> None:
    first, again, other = (split_pairs(np.arange(500), seed=seed).validation for seed in (1, 1, 2))
    assert list(first) == list(again)
    assert list(first) != list(other)


def test_a_group_that_is_larger_than_the_held_out_part_is_trained_on() -> None:
    groups = np.array([0] * 60 + list(range(1, 41)))
    split = split_pairs(groups)
    assert len(split.validation) == 10
    assert set(range(60)) <= set(split.train)


@pytest.mark.parametrize("groups", [[], [0], list(range(9)), [0] * 50, [0] * 25 + [1] * 25])
def test_rows_that_cannot_be_split_are_refused_with_the_numbers(groups: list[int]) -> None:
    numbers = np.array(groups, dtype=np.int64)
    message = f"^{len(groups)} rows with {len(set(groups))} distinct texts cannot be split"
    with pytest.raises(DataError, match=message):
        split_pairs(numbers)


def test_pairs_that_a_text_of_either_side_links_share_a_number() -> None:
    #                 a-1 linked to a-2 by a, to b-2 by 2; c-3 alone; d-4 and e-4 by 4
    source = np.array([0, 0, 1, 2, 3, 4])
    target = np.array([1, 2, 2, 3, 4, 4])
    numbers = linked_groups(source, target)
    same = numbers[:, None] == numbers[None, :]
    expected = np.zeros((6, 6), dtype=bool)
    expected[:3, :3] = expected[3, 3] = expected[4:, 4:] = True
    np.testing.assert_array_equal(same, expected)


def test_without_repeats_every_pair_is_alone() -> None:
    assert linked_groups(np.arange(5), np.arange(5)[::-1]).tolist() == [0, 1, 2, 3, 4]

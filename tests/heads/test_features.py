from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from langalign.errors import ShapeError
from langalign.heads import Features, combine
from langalign.training import rows as rows_module
from langalign.types import Rows, Text


class Doubling:
    """Moves vectors in a way that shows."""

    def transform(self, vectors: np.ndarray) -> np.ndarray:
        return np.hstack([2 * vectors, -vectors])


def test_a_pair_is_combined_as_its_formula_says() -> None:
    u, v = np.array([[1.0, -2.0]]), np.array([[3.0, 0.5]])
    np.testing.assert_array_equal(combine(u, v), [[1, -2, 3, 0.5, 2, 2.5, 3, -1]])


def test_pairs_of_unequal_shape_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(1, 2\) but second ones \(1, 3\)"):
        combine(np.zeros((1, 2)), np.zeros((1, 3)))


def test_single_rows_pass_unchanged() -> None:
    vectors = np.random.default_rng(0).standard_normal((7, 3)).astype(np.float32)
    features = Features([vectors])
    assert (features.shape, len(features)) == ((7, 3), 7)
    np.testing.assert_array_equal(features[:], vectors)
    np.testing.assert_array_equal(features[[5, 1, 1]], vectors[[5, 1, 1]])
    np.testing.assert_array_equal(features[2:4], vectors[2:4])


def test_the_aligner_moves_each_side_before_they_are_combined() -> None:
    u, v = np.random.default_rng(0).standard_normal((2, 5, 3)).astype(np.float32)
    features = Features([u, v], Doubling())
    assert features.shape == (5, 24)
    expected = combine(Doubling().transform(u), Doubling().transform(v))
    np.testing.assert_array_equal(features[:], expected)


def test_many_rows_are_made_in_blocks() -> None:
    vectors = np.random.default_rng(0).standard_normal((rows_module.BLOCK_ROWS + 5, 2)).astype(np.float32)
    np.testing.assert_array_equal(Features([vectors], Doubling())[:], Doubling().transform(vectors))


def test_no_rows_have_their_width_all_the_same() -> None:
    features = Features([np.zeros((0, 3), np.float32)] * 2, Doubling())
    assert features.shape == (0, 24)
    assert features[:].shape == (0, 24)


def test_columns_beside_follow_the_moved_vectors() -> None:
    vectors, beside = np.arange(12.0, dtype=np.float32).reshape(4, 3), np.array([[7.0], [8.0], [9.0], [6.0]])
    features = Features([vectors], Doubling(), beside)
    assert features.shape == (4, 7)
    np.testing.assert_array_equal(features[[2, 0]], np.hstack([2 * vectors, -vectors, beside])[[2, 0]])


def test_features_of_texts_ask_for_their_vectors() -> None:
    def rows(texts: Sequence[Text]) -> Rows:
        return np.array([[len(text), len(text[0])] for text in texts], np.float32)

    single, pairs = ["a", "bcd"], [("ab", "c"), ("d", "efg")]
    np.testing.assert_array_equal(Features.of(single, rows)[:], [[1, 1], [3, 1]])
    joint = Features.of(pairs, rows, pair_features="joint", aligner=Doubling())
    np.testing.assert_array_equal(joint[:], [[4, 4, -2, -2], [4, 2, -2, -1]])
    expected = combine(*(Doubling().transform(rows([pair[side] for pair in pairs])) for side in (0, 1)))
    compared = Features.of(pairs, rows, pair_features="sentence", aligner=Doubling())
    np.testing.assert_array_equal(compared[:], expected)

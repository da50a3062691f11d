from __future__ import annotations

import numpy as np
import pytest

from langalign.errors import DataError
from langalign.heads._labels import Task, as_scores, listed
from langalign.training.label_kind import resolve_kind


@pytest.mark.parametrize(
    ("labels", "kind"),
    [
        (["positive", "negative"], "classification"),
        (["0", "1", "2"], "classification"),
        (["0.0", "1.0", "2.0"], "classification"),
        (["0.0", "2.5", "5.0"], "regression"),
        (["3", "4.25", "-1e0"], "regression"),
        (["0.5", "high"], "classification"),
        (["0.5", "nan"], "classification"),
        (["0.5", "inf"], "classification"),
        (np.array([1.0, 2.0]), "regression"),
        (np.array([1, 2]), "classification"),
        (np.array(["1.5", "2"]), "regression"),
    ],
)
def test_scores_are_told_from_classes(labels: object, kind: str) -> None:
    assert resolve_kind(labels) == kind
    assert resolve_kind(labels, "regression") == "regression"
    assert resolve_kind(labels, "classification") == "classification"


def test_classes_are_sorted_names_and_codes_their_places() -> None:
    task = Task.of(["b", "a", "c", "a"], "classification")
    assert task.classes == ("a", "b", "c")
    assert task.outputs == 3
    assert task.targets(["c", "a"]).tolist() == [2, 0]


def test_numbers_of_an_array_are_names_too() -> None:
    task = Task.of(np.array([2, 0, 1]), "classification")
    assert task.classes == ("0", "1", "2")
    assert task.targets(np.array([1, 2])).tolist() == [1, 2]


def test_scores_are_standardised_and_come_back() -> None:
    task = Task.of(["1", "3", "2.5"], "regression")
    np.testing.assert_allclose([task.centre, task.spread], [13 / 6, np.sqrt(13 / 18)])
    targets = task.targets(["1", "3", "2.5"])
    np.testing.assert_allclose([targets.mean(), targets.std()], [0, 1], atol=1e-6)
    np.testing.assert_allclose(task.decide(task.scores(targets[:, None])), [1, 3, 2.5], atol=1e-6)


def test_probabilities_are_the_softmax_even_of_huge_outputs() -> None:
    task = Task("classification", ("a", "b"))
    scores = task.scores(np.array([[0.0, np.log(3.0)], [1e6, 0.0]]))
    np.testing.assert_allclose(scores, [[0.25, 0.75], [1, 0]])
    assert task.decide(scores) == ["b", "a"]


def test_a_label_that_is_no_number_is_named_with_its_row() -> None:
    with pytest.raises(DataError, match="the label 'high' of row 2 is not a finite number"):
        as_scores(["1.5", "high"])
    with pytest.raises(DataError, match=r"the label '1e200' of row 2 .*, or beyond 1e\+30"):
        as_scores(["1.5", "1e200"])


def test_unknown_labels_are_an_error_that_lists_both_sets() -> None:
    with pytest.raises(DataError, match="the data has labels '0', '1' but the head knows 'neg', 'pos'"):
        Task("classification", ("neg", "pos")).targets(["1", "0"])


def test_long_lists_are_cut() -> None:
    assert listed(["a", "b"]) == "'a', 'b'"
    assert listed([str(number) for number in range(1000)], 2) == "'0', '1', … (1,000 in all)"

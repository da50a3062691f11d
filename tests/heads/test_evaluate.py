from __future__ import annotations

import numpy as np
import pytest

from langalign.errors import DataError, ShapeError
from langalign.heads import bootstrap_interval, evaluate_head
from langalign.heads._labels import Task

CLASSES = Task("classification", ("a", "b", "c"))


def test_figures_intervals_and_labels_stand_together() -> None:
    labels, predicted = list("aabbcc"), list("aabbca")
    found = evaluate_head(CLASSES, labels, predicted, seed=3)
    assert found["rows"] == 6
    assert found["accuracy"] == pytest.approx(5 / 6)
    assert found["labels"] == ["a", "b", "c"]
    assert found["interval_95"] == bootstrap_interval(labels, predicted, seed=3)


def test_scores_may_be_read_as_text() -> None:
    found = evaluate_head(Task("regression"), ["0.5", "1", "3"], np.array([1.0, 2.0, 6.0]))
    assert found["rows"] == 3
    assert found["pearson"] > 0.99
    assert found["spearman"] == pytest.approx(1)
    assert set(found["interval_95"]) == {"pearson", "spearman"}


def test_labels_unknown_to_the_head_are_refused() -> None:
    with pytest.raises(DataError, match="labels 'a', 'z' but the head knows 'a', 'b', 'c'"):
        evaluate_head(CLASSES, ["a", "z"], ["a", "a"])


@pytest.mark.parametrize("labels", [[], ["a"]])
def test_rows_that_do_not_match_are_refused(labels: list[str]) -> None:
    with pytest.raises(ShapeError, match="rows must match"):
        evaluate_head(CLASSES, labels, ["a"] * (2 * len(labels)))

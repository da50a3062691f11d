from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr
from sklearn.metrics import accuracy_score, f1_score, precision_recall_fscore_support

from langalign.heads import classification_figures, regression_figures
from langalign.heads._metrics import pearson, spearman

LABELS = list("aaaabbbbcc")
PREDICTED = list("aaabbbbacb")


def test_figures_are_those_counted_by_hand() -> None:
    # a: 3 of 4 found, 4 claimed: F1 = 6/8. b: 3 of 4, 5 claimed: 6/9. c: 1 of 2, 1 claimed: 2/3.
    figures = classification_figures(LABELS, PREDICTED)
    assert figures["accuracy"] == pytest.approx(7 / 10)
    assert figures["macro_f1"] == pytest.approx((6 / 8 + 6 / 9 + 2 / 3) / 3)
    assert figures["labels"] == ["a", "b", "c"]
    assert figures["confusion"] == [[3, 1, 0], [1, 3, 0], [0, 1, 1]]
    assert figures["per_class"]["b"] == pytest.approx(
        {"precision": 3 / 5, "recall": 3 / 4, "f1": 6 / 9, "rows": 4}
    )
    assert isinstance(figures["per_class"]["b"]["rows"], int)


def test_figures_are_scikit_learns() -> None:
    rng = np.random.default_rng(0)
    labels, predicted = (rng.choice(list("abcdef"), 200, p=[0.4, 0.3, 0.2, 0.08, 0.02, 0]) for _ in range(2))
    predicted[:3] = "f"
    figures = classification_figures(labels.tolist(), predicted.tolist())
    theirs = precision_recall_fscore_support(labels, predicted, labels=list("abcdef"), zero_division=0)
    for column, values in zip(("precision", "recall", "f1", "rows"), theirs, strict=True):
        assert [told[column] for told in figures["per_class"].values()] == pytest.approx(list(values))
    assert figures["accuracy"] == pytest.approx(accuracy_score(labels, predicted))
    assert figures["macro_f1"] == pytest.approx(f1_score(labels, predicted, average="macro", zero_division=0))


def test_the_order_of_the_classes_can_be_given() -> None:
    figures = classification_figures(LABELS, PREDICTED, ["c", "b", "a", "d"])
    assert figures["labels"] == ["c", "b", "a", "d"]
    assert figures["confusion"][0] == [1, 1, 0, 0]
    assert list(figures["per_class"]) == ["c", "b", "a", "d"]
    assert figures["per_class"]["d"] == {"precision": 0, "recall": 0, "f1": 0, "rows": 0}


def test_a_class_that_never_occurs_does_not_lower_macro_f1() -> None:
    without, known = (classification_figures(LABELS, PREDICTED, order) for order in (None, list("abcd")))
    assert known["macro_f1"] == without["macro_f1"]


def test_a_class_that_is_only_predicted_does() -> None:
    assert classification_figures(["a", "a"], ["a", "z"])["macro_f1"] == pytest.approx((2 / 3 + 0) / 2)


def test_correlations_are_scipys() -> None:
    rng = np.random.default_rng(0)
    scores = rng.integers(0, 6, 80).astype(float)  # with ties
    predicted = scores + rng.standard_normal(80)
    figures = regression_figures(scores, predicted)
    assert figures["pearson"] == pytest.approx(pearsonr(scores, predicted)[0])
    assert figures["spearman"] == pytest.approx(spearmanr(scores, predicted)[0])


def test_constant_predictions_correlate_with_nothing() -> None:
    assert regression_figures(np.arange(5.0), np.full(5, 2.0)) == {"pearson": 0, "spearman": 0}


def test_correlations_run_along_the_last_axis() -> None:
    rng = np.random.default_rng(0)
    one, other = rng.standard_normal((2, 3, 20))
    for figure, oracle in ((pearson, pearsonr), (spearman, spearmanr)):
        np.testing.assert_allclose(
            figure(one, other), [oracle(a, b)[0] for a, b in zip(one, other, strict=True)]
        )


def test_one_class_on_both_sides_is_all_right_without_a_warning():
    figures = classification_figures(["a", "a"], ["a", "a"])
    assert (figures["accuracy"], figures["macro_f1"], figures["confusion"]) == (1.0, 1.0, [[2]])

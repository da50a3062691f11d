from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression, Ridge

from langalign.errors import SpecError
from langalign.heads import _convex
from langalign.heads._convex import ROUGH, ConvexProblem, cross_entropy, half_squared, row_losses
from langalign.heads.linear import PENALTIES, LinearHead
from tests.heads.toy import blur, clusters, slope


def unit(vectors: np.ndarray) -> float:
    """The mean variance of the columns, by which penalties are measured."""
    return float(vectors.astype(np.float64).var(axis=0).mean())


@pytest.mark.parametrize("penalty", [3.0, 0.1, 0.001])
@pytest.mark.parametrize("classes", [3, 5])
def test_it_is_scikit_learns_softmax_regression(classes: int, penalty: float) -> None:
    vectors, codes = blur(classes=classes)
    head = LinearHead(penalty=penalty).fit(vectors, [str(code) for code in codes])
    strength = penalty * unit(vectors)
    oracle = LogisticRegression(C=1 / (strength * len(vectors)), tol=1e-10, max_iter=100_000)
    expected = oracle.fit(vectors.astype(np.float64), codes).predict_proba(vectors.astype(np.float64))
    np.testing.assert_allclose(head.scores(vectors), expected, atol=2e-3)


def test_of_two_classes_it_is_scikit_learns_logistic_regression() -> None:
    """Softmax has two weight vectors w and −w where the logistic rule has 2 w: half the penalty."""
    vectors, codes = blur(classes=2)
    head = LinearHead(penalty=0.1).fit(vectors, [str(code) for code in codes])
    oracle = LogisticRegression(C=2 / (0.1 * unit(vectors) * len(vectors)), tol=1e-10, max_iter=100_000)
    expected = oracle.fit(vectors.astype(np.float64), codes).predict_proba(vectors.astype(np.float64))
    np.testing.assert_allclose(head.scores(vectors), expected, atol=2e-3)


def test_balanced_weights_are_scikit_learns() -> None:
    vectors, codes = blur(classes=3)
    keep = np.flatnonzero((codes != 0) | (np.arange(len(codes)) % 4 == 0))
    vectors, codes = vectors[keep], codes[keep]
    head = LinearHead(penalty=0.1, class_weights="balanced").fit(vectors, [str(code) for code in codes])
    oracle = LogisticRegression(
        C=1 / (0.1 * unit(vectors) * len(vectors)), class_weight="balanced", tol=1e-10, max_iter=100_000
    )
    expected = oracle.fit(vectors.astype(np.float64), codes).predict_proba(vectors.astype(np.float64))
    np.testing.assert_allclose(head.scores(vectors), expected, atol=2e-3)


@pytest.mark.parametrize("penalty", [1.0, 0.001])
def test_for_scores_it_is_scikit_learns_ridge(penalty: float) -> None:
    vectors, scores = slope()
    head = LinearHead(penalty=penalty).fit(vectors, scores)
    oracle = Ridge(alpha=penalty * unit(vectors) * len(vectors)).fit(vectors.astype(np.float64), scores)
    np.testing.assert_allclose(head.predict(vectors), oracle.predict(vectors), atol=1e-4)


def test_a_metric_taken_from_a_sample_changes_nothing_but_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_convex, "SAMPLE_ROWS", 1000)
    vectors, codes = blur(rows=2000, classes=3)
    vectors -= vectors.mean(axis=0)
    found = ConvexProblem(vectors, cross_entropy(codes), 3, 2 / 9).solve(0.01)
    sample = vectors[::2]
    strength = 0.01 * unit(sample)
    oracle = LogisticRegression(C=1 / (strength * len(vectors)), tol=1e-10, max_iter=100_000)
    oracle.fit(vectors.astype(np.float64), codes)
    losses = row_losses(vectors, cross_entropy(codes), oracle.coef_.T, oracle.intercept_)
    best = losses.mean() + strength / 2 * np.square(oracle.coef_).sum()
    assert found.loss + strength / 2 * np.square(found.weight).sum() == pytest.approx(best, abs=1e-6)


def test_the_squared_loss_needs_a_handful_of_passes() -> None:
    vectors, scores = slope()
    assert ConvexProblem(vectors, half_squared(scores), 1, 1.0).solve(0.1).passes <= 8


def test_a_start_near_by_saves_passes_and_changes_nothing() -> None:
    vectors, codes = blur(classes=3)
    vectors -= vectors.mean(axis=0)
    problem = ConvexProblem(vectors, cross_entropy(codes), 3, 2 / 9)
    cold = problem.solve(0.01)
    start = problem.solve(0.01, tolerance=ROUGH)
    warm = problem.solve(0.01, start)
    assert start.passes < cold.passes
    assert warm.passes - start.passes < cold.passes
    assert warm.loss == pytest.approx(cold.loss, abs=1e-5)
    np.testing.assert_allclose(warm.weight, cold.weight, atol=2e-2)


@pytest.mark.parametrize("loss", ["cross entropy", "weighted", "squared"])
def test_gradients_are_those_of_finite_differences(loss: str) -> None:
    rng = np.random.default_rng(0)
    outputs = rng.standard_normal((6, 1 if loss == "squared" else 3))
    codes = np.array([0, 2, 1, 1, 0, 2])
    function = {
        "cross entropy": cross_entropy(codes),
        "weighted": cross_entropy(codes, np.array([0.5, 1.0, 2.0])),
        "squared": half_squared(rng.standard_normal(6)),
    }[loss]
    _, gradient = function(outputs, slice(0, 6))
    for place in np.ndindex(outputs.shape):
        step = np.zeros_like(outputs)
        step[place] = 1e-6
        up, down = function(outputs + step, slice(0, 6))[0], function(outputs - step, slice(0, 6))[0]
        assert gradient[place] == pytest.approx((up.sum() - down.sum()) / 2e-6, abs=1e-6)


def test_the_loss_of_a_row_is_the_one_computed_by_hand() -> None:
    # log(1 + e^(1 − 3)) = 0.126928 for class 1 of outputs (1, 3), and 2 more for class 0
    losses, _ = cross_entropy(np.array([1, 0]))(np.array([[1.0, 3.0], [1.0, 3.0]]), slice(0, 2))
    np.testing.assert_allclose(losses, [0.126928, 2.126928], atol=1e-6)


def test_validation_chooses_the_strongest_penalty_that_is_good_enough() -> None:
    vectors, codes = blur(rows=2000, classes=3)
    labels = [str(code) for code in codes]
    head = LinearHead().fit(vectors[:1000], labels[:1000], validation=(vectors[1000:], labels[1000:]))
    *tried, final = head.history_
    assert [row["penalty"] for row in tried] == list(PENALTIES[: len(tried)])
    assert [row["epoch"] for row in head.history_] == sorted(row["epoch"] for row in head.history_)
    by_row = -np.log(head.scores(vectors[1000:])[np.arange(1000), codes[1000:]])
    assert final["validation_loss"] == pytest.approx(by_row.mean(), abs=1e-5)
    losses = np.array([row["validation_loss"] for row in tried])
    taken, error = [row["penalty"] for row in tried].index(final["penalty"]), by_row.std() / np.sqrt(1000)
    assert losses[taken] <= losses.min() + 1.2 * error
    assert np.all(losses[:taken] > losses.min() + 0.8 * error)


def test_a_given_penalty_is_not_chosen_anew() -> None:
    vectors, labels = clusters()
    head = LinearHead(penalty=0.5).fit(vectors, labels, validation=clusters(60, seed=1))
    assert [row["penalty"] for row in head.history_] == [0.5]
    assert head.history_[0]["validation_loss"] > 0
    assert head.history_[0]["epoch"] >= 1


def test_vectors_far_from_the_origin_are_told_apart_all_the_same() -> None:
    vectors, labels = clusters()
    near, far = (LinearHead().fit(vectors + shift, labels) for shift in (0, 10_000))
    np.testing.assert_allclose(far.scores(vectors + 10_000), near.scores(vectors), atol=0.02)


def test_the_callers_random_numbers_are_left_alone() -> None:
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    LinearHead().fit(*clusters())
    torch.testing.assert_close(torch.rand(3), expected, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"penalty": 0.0}, "penalty=0.0 is out of range; give a number above 0"),
        ({"solver": "magic"}, "choose one of: lbfgs, steps"),
    ],
)
def test_impossible_options_are_refused(options: dict, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        LinearHead(**options)

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, norm
from sklearn.metrics import accuracy_score, f1_score

from langalign.heads import _bootstrap, bootstrap_interval, paired_significance


def noisy(labels: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Replace a share of the labels by random ones."""
    rng = np.random.default_rng(seed)
    return np.where(rng.random(len(labels)) < share, rng.choice(list("abc"), len(labels)), labels)


LABELS = np.random.default_rng(0).choice(list("abc"), 400, p=[0.6, 0.3, 0.1])


def test_the_interval_of_accuracy_is_about_the_binomial_one() -> None:
    predicted = noisy(LABELS, 0.3, 1)
    low, high = bootstrap_interval(LABELS, predicted, resamples=20_000)["accuracy"]
    accuracy = accuracy_score(LABELS, predicted)
    half = norm.ppf(0.975) * np.sqrt(accuracy * (1 - accuracy) / len(LABELS))
    assert low == pytest.approx(accuracy - half, abs=0.005)
    assert high == pytest.approx(accuracy + half, abs=0.005)


def test_the_interval_is_that_of_a_plain_loop_through_scikit_learn() -> None:
    predicted = noisy(LABELS, 0.3, 1)
    rng = np.random.default_rng(7)
    drawn = []
    for _ in range(600):
        rows = rng.integers(len(LABELS), size=len(LABELS))
        drawn.append(f1_score(LABELS[rows], predicted[rows], average="macro", zero_division=0.0))
    found = bootstrap_interval(LABELS, predicted, resamples=20_000)["macro_f1"]
    np.testing.assert_allclose(found, np.percentile(drawn, [2.5, 97.5]), atol=0.015)


def test_classes_missing_from_a_resample_are_left_out_of_its_mean() -> None:
    labels, predicted = np.array(list("aaaaaaaaab")), np.array(list("aaaaaaaaab"))
    assert bootstrap_interval(labels, predicted)["macro_f1"] == [1.0, 1.0]


def test_intervals_repeat_with_the_seed_and_differ_without() -> None:
    predicted = noisy(LABELS, 0.3, 1)
    one, same, other = (bootstrap_interval(LABELS, predicted, seed=seed) for seed in (3, 3, 4))
    assert one == same
    assert one != other


def test_intervals_of_correlations_hold_what_they_promise() -> None:
    """Fisher's transformation tells the interval of Pearson's r for normal data."""
    rng = np.random.default_rng(0)
    scores = rng.standard_normal(600)
    predicted = scores + rng.standard_normal(600)
    intervals = bootstrap_interval(scores, predicted, resamples=3000)
    centre = np.arctanh(np.corrcoef(scores, predicted)[0, 1])
    expected = np.tanh(centre + norm.ppf([0.025, 0.975]) / np.sqrt(597))
    np.testing.assert_allclose(intervals["pearson"], expected, atol=0.015)
    assert intervals["spearman"][0] < intervals["spearman"][1]


def test_small_blocks_draw_the_same_correlations(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    scores, predicted = rng.standard_normal((2, 50))
    whole = bootstrap_interval(scores, predicted)
    monkeypatch.setattr(_bootstrap, "_CELLS", 170)
    blocked = bootstrap_interval(scores, predicted)
    for name in ("pearson", "spearman"):
        np.testing.assert_allclose(blocked[name], whole[name])


def test_accuracy_is_compared_by_the_exact_mcnemar_test() -> None:
    labels = ["a"] * 30
    one = ["a"] * 20 + ["a"] * 8 + ["b"] * 2  # alone right in 8 rows
    other = ["a"] * 20 + ["b"] * 8 + ["a"] * 2  # alone right in 2
    found = paired_significance(labels, one, other)["accuracy"]
    assert found["difference"] == pytest.approx(6 / 30)
    # 2 (1 + 10 + 45) / 2^10
    assert found["p_value"] == pytest.approx(112 / 1024) == binomtest(8, 10).pvalue
    assert found["test"] == "exact McNemar"


def test_equal_heads_do_not_differ() -> None:
    predicted = noisy(LABELS, 0.3, 1)
    for found in paired_significance(LABELS, predicted, predicted).values():
        assert (found["difference"], found["p_value"]) == (0, 1)


def test_a_clear_difference_is_significant_and_a_tiny_one_is_not() -> None:
    good, bad = noisy(LABELS, 0.1, 1), noisy(LABELS, 0.6, 2)
    close = good.copy()
    close[:2] = "c"
    clear, tiny = (paired_significance(LABELS, good, other) for other in (bad, close))
    for name in ("accuracy", "macro_f1"):
        assert clear[name]["p_value"] < 0.01
        assert tiny[name]["p_value"] > 0.05


def test_the_test_of_macro_f1_is_that_of_a_plain_loop() -> None:
    one, other = noisy(LABELS, 0.3, 1), noisy(LABELS, 0.36, 2)

    def difference(rows: np.ndarray) -> float:
        return f1_score(LABELS[rows], one[rows], average="macro") - f1_score(
            LABELS[rows], other[rows], average="macro"
        )

    rng = np.random.default_rng(7)
    observed = difference(np.arange(len(LABELS)))
    strayed = [
        abs(difference(rng.integers(len(LABELS), size=len(LABELS))) - observed) >= abs(observed)
        for _ in range(400)
    ]
    found = paired_significance(LABELS, one, other, resamples=20_000)["macro_f1"]
    assert found["difference"] == pytest.approx(observed)
    assert found["p_value"] == pytest.approx(np.mean(strayed), abs=0.07)


def test_under_the_null_hypothesis_small_p_values_are_rare() -> None:
    values = []
    for seed in range(60):
        labels = np.random.default_rng(seed).choice(list("abc"), 200)
        found = paired_significance(
            labels, noisy(labels, 0.4, 2 * seed + 1), noisy(labels, 0.4, 2 * seed + 2)
        )
        values.append([found["accuracy"]["p_value"], found["macro_f1"]["p_value"]])
    assert np.all(np.mean(np.array(values) < 0.1, axis=0) < 0.2)
    assert np.all(np.mean(values, axis=0) > 0.35)


def test_correlations_are_compared_by_the_paired_bootstrap() -> None:
    rng = np.random.default_rng(0)
    scores = rng.standard_normal(300)
    good, bad = scores + 0.3 * rng.standard_normal(300), scores + 2 * rng.standard_normal(300)
    found = paired_significance(scores, good, bad)
    expected = np.corrcoef(scores, good)[0, 1] - np.corrcoef(scores, bad)[0, 1]
    assert found["pearson"]["difference"] == pytest.approx(expected)
    assert found["pearson"]["p_value"] == pytest.approx(1 / 1001)
    assert found["spearman"]["test"] == "paired bootstrap"

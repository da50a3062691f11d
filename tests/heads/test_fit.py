from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from langalign.errors import DataError, ShapeError, UnknownPartError
from langalign.heads import _fit, fit_head
from langalign.heads._fit import split_labels
from tests.heads.toy import clusters, slope


@given(
    counts=st.lists(st.integers(1, 60), min_size=2, max_size=6).filter(lambda counts: sum(counts) >= 30),
    seed=st.integers(0, 5),
)
def test_each_class_gives_its_tenth(counts: list[int], seed: int) -> None:
    labels = np.random.default_rng(seed).permutation(np.repeat(list("abcdef")[: len(counts)], counts))
    train, held_out = split_labels(labels, seed=seed)
    assert sorted([*train, *held_out]) == list(range(len(labels)))
    assert {*labels[train]} == {*labels}
    found = Counter(labels[held_out])
    for name, count in Counter(labels).items():
        assert abs(found[name] - count / 10) <= 1


def test_a_tenth_of_the_scores_is_as_mixed_as_all() -> None:
    scores = np.random.default_rng(0).exponential(size=1000)
    _, held_out = split_labels(scores)
    assert len(held_out) == 100
    quantiles = [0.1, 0.25, 0.5, 0.75, 0.9]
    np.testing.assert_allclose(
        np.quantile(scores[held_out], quantiles), np.quantile(scores, quantiles), rtol=0.1
    )


def test_the_held_out_part_is_capped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_fit, "CAP", 7)
    assert len(split_labels(np.array(["a", "b"] * 100))[1]) <= 7


def test_the_seed_chooses_the_rows() -> None:
    labels = np.array(["a", "b"] * 100)
    one, same, other = (split_labels(labels, seed=seed)[1].tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_rows_of_one_text_stay_on_one_side() -> None:
    groups = np.random.default_rng(0).integers(0, 60, 300)
    labels = np.array(["a", "b", "c"])[groups % 3]
    train, held_out = split_labels(labels, groups=groups)
    assert not {*groups[train]} & {*groups[held_out]}
    assert {*labels[held_out]} == {"a", "b", "c"}


def test_labels_that_are_all_different_cannot_be_split() -> None:
    with pytest.raises(DataError, match="12 rows with 12 distinct texts and 12 labels cannot be split"):
        split_labels(np.array([f"class {number}" for number in range(12)]))


@pytest.mark.parametrize("seed", range(10))
def test_a_class_that_only_a_repeated_text_has_is_learned(seed: int) -> None:
    labels = np.array(["neg", "pos"] * 20 + ["neutral"])
    groups = np.array([*range(40), 3])  # the text of the row of "neutral" stands before, as another class
    train, held_out = split_labels(labels, groups=groups, seed=seed)
    assert "neutral" in labels[train]
    assert not set(groups[train]) & set(groups[held_out])


def test_few_distinct_texts_cannot_be_split() -> None:
    with pytest.raises(DataError, match="40 rows with 4 distinct texts"):
        split_labels(np.array(["a", "b"] * 20), groups=np.arange(40) % 4)


def test_the_figures_are_those_of_the_rows_held_out() -> None:
    vectors, labels = clusters(300)
    labels = [label if row % 5 else "bad" for row, label in enumerate(labels)]
    result = fit_head("linear", vectors, labels, seed=3)
    train, held_out = split_labels(np.array(labels), seed=3)
    assert (result.train_rows, result.validation_rows) == (len(train), len(held_out))
    right = [result.head.predict(vectors[[row]])[0] == labels[row] for row in held_out]
    assert result.validation["accuracy"] == pytest.approx(np.mean(right))
    assert 0 < result.validation["macro_f1"] <= 1
    assert (result.name, result.preset, result.seed) == ("linear", "default", 3)
    assert result.seconds > 0
    assert result.epochs == result.head.history_[-1]["epoch"]


def test_lists_are_read_as_arrays_are() -> None:
    vectors, labels = clusters()
    groups = np.arange(len(vectors)) // 2
    expected = fit_head("linear", vectors, labels, groups=groups)
    fitted = fit_head("linear", vectors.tolist(), labels, groups=groups.tolist())
    np.testing.assert_array_equal(fitted.head.scores(vectors.tolist()), expected.head.scores(vectors))
    assert fitted.head.predict(vectors.tolist()) == expected.head.predict(vectors)
    with pytest.raises(DataError, match="the vectors are no rows of numbers"):
        fit_head("linear", [["a"]] * len(labels), labels)


def test_scores_read_as_text_are_learned_as_scores() -> None:
    vectors, scores = slope()
    result = fit_head("linear", vectors, [f"{score:.3f}" for score in scores])
    assert set(result.validation) == {"pearson", "spearman"}
    assert result.validation["pearson"] > 0.99


def test_whole_numbers_are_scores_when_asked() -> None:
    vectors, scores = slope()
    whole = [str(round(score)) for score in scores]
    assert fit_head("linear", vectors, whole).head.task_.kind == "classification"
    assert fit_head("linear", vectors, whole, options={"task": "regression"}).validation["pearson"] > 0.95


def test_numbers_are_classes_when_asked() -> None:
    vectors, labels = clusters(200, ("0.5", "1.5"))
    result = fit_head("linear", vectors, np.array(labels, dtype=float), options={"task": "classification"})
    assert result.head.labels_ == ("0.5", "1.5")
    assert result.validation["accuracy"] == 1


def test_each_vector_has_its_label_and_group() -> None:
    vectors, labels = clusters(60)
    with pytest.raises(ShapeError, match="60 vectors were given but 59 labels; give one for each"):
        fit_head("linear", vectors, labels[:-1])
    with pytest.raises(ShapeError, match="60 vectors were given but 61 groups"):
        fit_head("linear", vectors, labels, groups=np.arange(61))


def test_an_unknown_head_lists_the_choices() -> None:
    with pytest.raises(UnknownPartError, match="unknown head 'guess'; choose one of: linear, mlp, roberta"):
        fit_head("guess", *clusters())

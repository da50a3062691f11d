"""What every registered head keeps to."""

from __future__ import annotations

import math

import numpy as np
import pytest

from langalign import registry
from langalign.errors import DataError, NotFittedError, ShapeError, SpecError
from langalign.heads import fit_head
from langalign.heads.base import Head
from tests.contracts.options import float_options
from tests.heads.toy import CLASSES, WIDTH, clusters, slope

NAMES = registry.names("heads")


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


def fresh(name: str, **options: object) -> Head:
    return registry.get("heads", name).from_preset("default", options)


def fitted(name: str, **options: object) -> Head:
    vectors, labels = clusters()
    return fresh(name, **options).fit(vectors, labels, validation=clusters(60, seed=1))


def test_the_three_heads_are_there() -> None:
    assert set(NAMES) >= {"linear", "mlp", "roberta"}


def test_it_learns_a_separable_set(name: str) -> None:
    head = fitted(name)
    vectors, labels = clusters(100, seed=2)
    assert head.predict(vectors) == labels
    assert head.labels_ == CLASSES


def test_it_learns_two_classes_and_ten(name: str) -> None:
    for classes in (("no", "yes"), tuple(f"class {number}" for number in range(10))):
        vectors, labels = clusters(300, classes)
        head = fit_head(name, vectors, labels).head
        assert np.mean([a == b for a, b in zip(head.predict(vectors), labels, strict=True)]) > 0.9


def test_it_learns_scores(name: str) -> None:
    vectors, scores = slope()
    head = fit_head(name, vectors, scores).head
    fresh_vectors, fresh_scores = slope(seed=1)
    assert head.task_.kind == "regression"
    assert head.labels_ == ()
    assert np.corrcoef(head.predict(fresh_vectors), fresh_scores)[0, 1] > 0.9
    assert head.scores(fresh_vectors).shape == (400, 1)


def test_it_learns_without_validation(name: str) -> None:
    vectors, labels = clusters()
    head = fresh(name, epochs=60).fit(vectors, labels)
    assert head.predict(vectors) == labels


def test_scores_are_probabilities(name: str) -> None:
    scores = fitted(name, epochs=5).scores(clusters(50)[0] * 1e4)
    assert scores.shape == (50, len(CLASSES))
    assert np.all((scores >= 0) & (scores <= 1))
    np.testing.assert_allclose(scores.sum(axis=1), 1)


def test_the_same_seed_gives_the_same_head(name: str) -> None:
    one, other = (fitted(name, epochs=5).state() for _ in range(2))
    assert one.keys() == other.keys()
    for key in one:
        np.testing.assert_array_equal(one[key], other[key])


def test_a_restored_head_answers_alike(name: str) -> None:
    head = fitted(name, epochs=5)
    state = {key: array.copy() for key, array in head.state().items()}
    again = fresh(name, **head.options()).restore(state, head.require_fitted(), head.task_)
    vectors = clusters(40, seed=3)[0]
    np.testing.assert_array_equal(again.scores(vectors), head.scores(vectors))


def test_weights_of_another_width_are_refused(name: str) -> None:
    head = fitted(name, epochs=5)
    with pytest.raises(ShapeError):
        fresh(name).restore(head.state(), WIDTH + 1, head.task_)


def test_inputs_are_not_changed(name: str) -> None:
    vectors, labels = clusters()
    before = vectors.copy()
    vectors.setflags(write=False)
    head = fit_head(name, vectors, labels).head
    head.predict(vectors)
    np.testing.assert_array_equal(vectors, before)


def test_a_head_that_is_not_fitted_says_so(name: str) -> None:
    for use in (lambda: fresh(name).predict(clusters()[0]), lambda: fresh(name).state()):
        with pytest.raises(NotFittedError, match="is not fitted"):
            use()


def test_another_width_is_refused(name: str) -> None:
    with pytest.raises(ShapeError, match=rf"shape \(N, {WIDTH}\), got \(5, {WIDTH + 1}\)"):
        fitted(name, epochs=5).predict(np.zeros((5, WIDTH + 1), np.float32))


def test_one_class_is_refused(name: str) -> None:
    with pytest.raises(DataError, match="all 30 rows have the label 'good'; a head needs two classes"):
        fit_head(name, clusters(30)[0], ["good"] * 30)


def test_equal_scores_are_refused(name: str) -> None:
    with pytest.raises(DataError, match=r"all 30 rows have the score 2\.5"):
        fresh(name).fit(clusters(30)[0], np.full(30, 2.5))


def test_too_few_rows_are_refused(name: str) -> None:
    vectors, labels = clusters(9)
    with pytest.raises(DataError, match="9 rows with 9 distinct texts"):
        fit_head(name, vectors, labels)
    with pytest.raises(ShapeError, match="0 rows were given"):
        fresh(name).fit(vectors[:0], [])


def test_vectors_that_tell_nothing_give_finite_answers(name: str) -> None:
    labels = clusters(60)[1]
    for vectors in (np.zeros((60, WIDTH), np.float32), np.full((60, WIDTH), 7.0, np.float32)):
        scores = fit_head(name, vectors, labels).head.scores(vectors)
        assert np.isfinite(scores).all()
        np.testing.assert_allclose(scores, np.broadcast_to(scores[0], scores.shape), atol=1e-5)


def test_a_constant_column_does_no_harm(name: str) -> None:
    vectors, labels = clusters()
    vectors[:, 2] = -3.0
    assert fit_head(name, vectors, labels).head.predict(vectors) == labels


def test_vectors_that_are_not_finite_are_refused(name: str) -> None:
    vectors, labels = clusters(30)
    vectors[3, 1] = np.nan
    with pytest.raises(DataError, match="NaN or infinity"):
        fresh(name).fit(vectors, labels)
    with pytest.raises(DataError, match="NaN or infinity"):
        fitted(name, epochs=5).predict(vectors)


def test_labels_unknown_to_training_are_refused_in_validation(name: str) -> None:
    vectors, labels = clusters(30)
    with pytest.raises(DataError, match="the data has labels 'odd' but the head knows 'bad', 'fair', 'good'"):
        fresh(name).fit(vectors, labels, validation=(vectors[:1], ["odd"]))


def test_rows_that_do_not_match_are_refused(name: str) -> None:
    vectors, labels = clusters(30)
    with pytest.raises(ShapeError, match="do not fit 29 labels"):
        fresh(name).fit(vectors, labels[:29])
    with pytest.raises(ShapeError, match=f"width {WIDTH} but those for validation {WIDTH - 1}"):
        fresh(name).fit(vectors, labels, validation=(vectors[:, :-1], labels))


def test_balanced_weights_give_a_rare_class_its_due(name: str) -> None:
    rng = np.random.default_rng(0)
    codes = (np.arange(600) % 20 == 0).astype(int)
    vectors = rng.standard_normal((600, WIDTH)).astype(np.float32)
    vectors[:, 0] += 1.5 * codes
    labels = [("common", "rare")[code] for code in codes]
    found = {
        weights: fit_head(name, vectors, labels, options={"class_weights": weights})
        .head.predict(vectors)
        .count("rare")
        for weights in ("none", "balanced")
    }
    assert found["none"] < 30 < found["balanced"]


def test_progress_is_told_and_never_runs_backwards(name: str) -> None:
    heard: list[tuple[int, int]] = []
    vectors, labels = clusters()
    fit_head(name, vectors, labels, progress=lambda done, total: heard.append((done, total)))
    assert heard
    assert heard == sorted(heard)
    assert heard[-1][0] <= heard[-1][1]


def test_the_paper_preset_is_the_papers(name: str) -> None:
    head = registry.get("heads", name).from_preset("paper")
    chosen = (head.optimizer, head.learning_rate, head.batch_size, head.patience, head.schedule)
    assert chosen == ("adamw", 1e-4, 16, 10, "constant")
    assert not head.standardise


def test_the_paper_preset_learns(name: str) -> None:
    vectors, labels = clusters(600)
    result = fit_head(name, vectors, labels, preset="paper", options={"epochs": 40})
    assert result.validation["accuracy"] > 0.9


@pytest.mark.parametrize(
    ("preset", "options", "message"),
    [
        ("best", {}, "has no preset 'best'; choose one of: default, paper"),
        ("default", {"colour": "red"}, "has no option 'colour'; choose one of: task"),
        ("default", {"task": "poetry"}, "task=poetry is unknown; choose one of: auto"),
        ("default", {"class_weights": "heavy"}, "class_weights=heavy is unknown"),
        ("default", {"learning_rate": 0.0}, "learning_rate=0.0 is out of range; give a number above 0"),
    ],
)
def test_unknown_options_list_the_choices(name: str, preset: str, options: dict, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        registry.get("heads", name).from_preset(preset, options)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize(("part", "option"), float_options("heads"))
def test_options_that_are_not_finite_are_refused(part: str, option: str, value: float) -> None:
    with pytest.raises(SpecError, match=f"{option}={value} "):
        fresh(part, **{option: value})


@pytest.mark.parametrize("scale", [1e-40, 1e-20, 1e14])
def test_the_scale_of_the_vectors_hardly_matters(name: str, scale: float):
    vectors, labels = clusters()
    head = fresh(name, epochs=2).fit(vectors * np.float32(scale), labels)
    assert np.isfinite(head.scores(vectors * np.float32(scale))).all()


def test_numbers_near_the_end_of_float32_are_refused(name: str):
    vectors, labels = clusters()
    with pytest.raises(DataError, match="scale them to below 1e"):
        fresh(name).fit(vectors * np.float32(1e37), labels)


@pytest.mark.parametrize("labels", [np.zeros(0), np.array([], str)])
def test_no_rows_are_refused(name: str, labels: np.ndarray):
    with pytest.raises((DataError, ShapeError), match="0 rows were given"):
        fit_head(name, np.zeros((0, WIDTH), np.float32), labels)

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import linprog

from langalign.errors import DataError, ShapeError
from langalign.heads import cotrain_head, fit_head, load_head, save_head
from langalign.heads._cotrain import _assign, _scaled
from tests.heads.toy import blur, clusters, slope

NAMES = ("dull", "mild", "rich")
WORDS = {
    "dull": ("gloom", "drab", "stale", "boring"),
    "mild": ("plain", "modest", "average", "okay"),
    "rich": ("superb", "vivid", "glorious", "delight"),
}


def scene(rows: int, classes: int, seed: int) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Make texts with telling words, and vectors whose first columns tell the class less well."""
    rng = np.random.default_rng(seed)
    labels = np.array(NAMES)[rng.integers(0, classes, rows)]
    texts = [
        " ".join([*rng.choice(WORDS[label], 2), *(f"filler{n}" for n in rng.integers(0, 40, 3))])
        for label in labels
    ]
    centres = np.eye(classes, 6)[[NAMES.index(label) for label in labels]] * 1.5
    return (centres + rng.standard_normal((rows, 6))).astype(np.float32), texts, labels


@pytest.mark.parametrize("classes", [2, 3])
def test_unlabelled_texts_mend_a_head_of_another_language(classes: int) -> None:
    vectors, _, labels = scene(400, classes, seed=0)
    shift = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0], dtype=np.float32)
    there, texts, right = scene(900, classes, seed=1)
    teacher = fit_head("linear", vectors, labels, seed=0)
    learned = cotrain_head(teacher, there[:600] + shift, texts[:600], seed=0)
    before = np.mean(np.array(teacher.head.predict(there[600:] + shift)) == right[600:])
    assert learned.characters is not None
    beside = learned.characters.beside(texts[600:])
    after = np.mean(np.array(learned.head.predict(np.hstack([there[600:] + shift, beside]))) == right[600:])
    assert before < 0.9
    assert after > 0.97
    assert learned.seconds > teacher.seconds


def test_the_seed_decides_everything() -> None:
    vectors, texts, labels = scene(300, 2, seed=0)
    teacher = fit_head("linear", vectors, labels, seed=0)
    one, same = (cotrain_head(teacher, vectors, texts, seed=3) for _ in range(2))
    for name, array in one.head.state().items():
        np.testing.assert_array_equal(array, same.head.state()[name])


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.1, 0.9), (0.2, 0.3, 0.5)])
def test_each_class_keeps_its_share(shares: tuple[float, ...]) -> None:
    """The best labels with these shares are a transport problem, which linear programming solves."""
    rows, classes = 60, len(shares)
    scores = _scaled(np.random.default_rng(0).standard_normal((rows, classes)) + np.arange(classes))
    codes = _assign(scores, np.array(shares))
    assert np.bincount(codes, minlength=classes) / rows == pytest.approx(shares, abs=0.05)
    each = np.kron(np.eye(rows), np.ones(classes))
    per_class = np.kron(np.ones(rows), np.eye(classes))
    counts = np.bincount(codes, minlength=classes)
    best = linprog(-scores.ravel(), A_eq=np.vstack([each, per_class]), b_eq=[*np.ones(rows), *counts])
    assert scores[np.arange(rows), codes].sum() == pytest.approx(-best.fun)


def test_a_class_that_no_text_is_best_for_keeps_its_share() -> None:
    """Of texts that score alike the bias sends all to one class; those of another class cost nothing."""
    codes = _assign(np.tile([1.0, 0.5, 0.0], (10, 1)), np.array([0.5, 0.4, 0.1]))
    assert np.bincount(codes).tolist() == [5, 4, 1]
    scores = np.zeros((10, 3))
    scores[7, 2] = 1e-3
    codes = _assign(scores, np.array([0.5, 0.4, 0.1]))
    assert np.bincount(codes).tolist() == [5, 4, 1]
    assert codes[7] == 2


@pytest.mark.parametrize("seed", range(5))
def test_a_class_of_one_text_in_a_hundred_stays(tmp_path: Path, seed: int) -> None:
    vectors, codes = blur(600, 8, 3)
    teacher = fit_head("linear", vectors, [f"class {code}" for code in codes])
    there = blur(600, 8, 3, seed=0)[0][::-1]
    seen = teacher.head.scores(there).argmax(axis=1)
    rare = np.bincount(seen).argmin()
    rows = np.random.default_rng(seed).permutation(np.flatnonzero(seen != rare))[:103]
    rows = np.append(rows, np.flatnonzero(seen == rare)[seed])
    texts = [f"text {row}" for row in rows]
    fitted = cotrain_head(teacher, there[rows], texts, seed=seed)
    save_head(fitted, tmp_path / "head", encoder={"spec": "toy", "fingerprint": "0"})
    loaded = load_head(tmp_path / "head")
    assert loaded.head.labels_ == teacher.head.labels_
    assert loaded.characters is not None
    features = np.hstack([there[rows], loaded.characters.beside(texts)])
    assert loaded.predict(features) == fitted.head.predict(features)


def test_scores_cannot_be_co_trained() -> None:
    vectors, scores = slope(200)
    teacher = fit_head("linear", vectors, scores)
    with pytest.raises(DataError, match="the head tells scores, but co-training is for classes"):
        cotrain_head(teacher, vectors, ["text"] * 200)


def test_few_texts_and_sentence_pairs_are_refused() -> None:
    vectors, labels = clusters(200)
    teacher = fit_head("linear", vectors, labels)
    with pytest.raises(DataError, match="99 distinct unlabelled texts are too few; co-training takes 100 at"):
        cotrain_head(teacher, vectors, [f"text {number % 99}" for number in range(200)])
    with pytest.raises(DataError, match="sentence pairs"):
        cotrain_head(teacher, vectors, [("a", f"b {number}") for number in range(200)])


def test_vectors_and_texts_of_unequal_number_are_refused() -> None:
    vectors, labels = clusters(200)
    teacher = fit_head("linear", vectors, labels)
    with pytest.raises(ShapeError, match="200 vectors were given but 150 texts; give one for each"):
        cotrain_head(teacher, vectors, [f"text {number}" for number in range(150)])


def test_a_class_that_the_head_never_sees_is_named() -> None:
    vectors, labels = clusters(240)
    teacher = fit_head("linear", vectors, labels)
    some = vectors[[label != "fair" for label in labels]]
    with pytest.raises(DataError, match="the head sees no 'fair' among 160 unlabelled texts"):
        cotrain_head(teacher, some, [f"text {number}" for number in range(len(some))])

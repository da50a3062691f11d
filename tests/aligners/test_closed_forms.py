"""The closed forms against scipy and scikit-learn."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
import scipy.linalg
from sklearn.linear_model import Ridge

from langalign.aligners.identity import IdentityAligner
from langalign.aligners.linear import PENALTIES, LinearAligner
from langalign.aligners.mean_shift import MeanShiftAligner
from langalign.aligners.procrustes import ProcrustesAligner
from langalign.errors import DataError, SpecError


def draw(count: int = 500, width: int = 10, target_width: int = 10, noise: float = 0.1, seed: int = 0):
    rng = np.random.default_rng(seed)
    source = rng.standard_normal((count, width)) * rng.uniform(0.2, 2, width) + rng.standard_normal(width)
    weight = rng.standard_normal((width, target_width)) / np.sqrt(width)
    target = source @ weight + noise * rng.standard_normal((count, target_width)) - 1
    return source.astype(np.float32), target.astype(np.float32)


def centred(side: np.ndarray) -> np.ndarray:
    return side.astype(np.float64) - side.astype(np.float64).mean(axis=0)


def test_identity_gives_back_what_it_gets() -> None:
    source, target = draw()
    np.testing.assert_array_equal(IdentityAligner().fit(source, target).transform(source), source)


def test_mean_shift_moves_one_centre_onto_the_other() -> None:
    # By hand: x̄ = (1, 2), ȳ = (4, 0), so the shift is (3, −2).
    source, target = np.array([[0, 1], [2, 3]], np.float32), np.array([[4, 1], [4, -1]], np.float32)
    fitted = MeanShiftAligner().fit(source, target)
    assert fitted.transform(np.zeros((1, 2), np.float32)).tolist() == [[3.0, -2.0]]
    # With both examples half the inputs are in place already.
    both = MeanShiftAligner(keep_target=True).fit(source, target)
    assert both.transform(np.zeros((1, 2), np.float32)).tolist() == [[1.5, -1.0]]


def test_procrustes_equals_scipy_on_centred_sides() -> None:
    source, target = draw()
    fitted = ProcrustesAligner().fit(source, target)
    rotation, _ = scipy.linalg.orthogonal_procrustes(centred(source), centred(target))
    np.testing.assert_allclose(fitted.weight_, rotation, atol=1e-5)
    expected = centred(source) @ rotation + target.mean(axis=0, dtype=np.float64)
    np.testing.assert_allclose(fitted.transform(source), expected, atol=1e-4)


def test_procrustes_recovers_a_rotation_and_keeps_distances() -> None:
    source, _ = draw()
    rotation, _ = np.linalg.qr(np.random.default_rng(3).standard_normal((10, 10)))
    target = (source @ rotation + 5).astype(np.float32)
    fitted = ProcrustesAligner().fit(source[:100], target[:100])
    np.testing.assert_allclose(fitted.transform(source), target, atol=1e-4)
    np.testing.assert_allclose(fitted.weight_ @ fitted.weight_.T, np.eye(10), atol=1e-5)


def test_procrustes_scaling_equals_scipys() -> None:
    source, target = draw()
    fitted = ProcrustesAligner(scaling=True).fit(source, target)
    rotation, trace = scipy.linalg.orthogonal_procrustes(centred(source), centred(target))
    np.testing.assert_allclose(fitted.weight_, rotation * trace / (centred(source) ** 2).sum(), atol=1e-5)


@pytest.mark.parametrize(("width", "target_width"), [(10, 6), (6, 10)])
def test_procrustes_is_semi_orthogonal_where_widths_differ(width: int, target_width: int) -> None:
    fitted = ProcrustesAligner().fit(*draw(width=width, target_width=target_width))
    narrow = fitted.weight_.T @ fitted.weight_ if width > target_width else fitted.weight_ @ fitted.weight_.T
    np.testing.assert_allclose(narrow, np.eye(6), atol=1e-5)


@pytest.mark.parametrize("target_width", [10, 4])
@pytest.mark.parametrize("penalty", [0.5, 20.0, 3000.0])
def test_linear_pulled_to_zero_equals_scikit_learns_ridge(penalty: float, target_width: int) -> None:
    source, target = draw(target_width=target_width)
    fitted = LinearAligner(pull="zero", penalty=penalty).fit(source, target)
    strength = penalty * (centred(source) ** 2).sum() / source.size
    ridge = Ridge(alpha=strength).fit(source.astype(np.float64), target.astype(np.float64))
    np.testing.assert_allclose(fitted.weight_, ridge.coef_.T, atol=1e-5)
    np.testing.assert_allclose(fitted.transform(source), ridge.predict(source), atol=1e-4)


@pytest.mark.parametrize("penalty", [0.5, 20.0, 3000.0])
def test_linear_pulled_to_the_identity_is_ridge_on_what_has_to_change(penalty: float) -> None:
    source, target = draw()
    fitted = LinearAligner(penalty=penalty).fit(source, target)
    strength = penalty * (centred(source) ** 2).sum() / source.size
    change = (target - source).astype(np.float64)
    ridge = Ridge(alpha=strength).fit(source.astype(np.float64), change)
    np.testing.assert_allclose(fitted.transform(source), source + ridge.predict(source), atol=1e-4)


def test_linear_with_both_examples_is_ridge_on_twice_the_rows() -> None:
    source, target = draw()
    fitted = LinearAligner(pull="zero", penalty=7.0, keep_target=True).fit(source, target)
    inputs, targets = np.concatenate([source, target]), np.concatenate([target, target])
    strength = 7.0 * (centred(inputs) ** 2).sum() / inputs.size
    ridge = Ridge(alpha=strength).fit(inputs.astype(np.float64), targets.astype(np.float64))
    np.testing.assert_allclose(fitted.transform(source), ridge.predict(source), atol=1e-4)


def test_linear_recovers_any_linear_map() -> None:
    source, target = draw(noise=0.0)
    fitted = LinearAligner(penalty=1e-6).fit(source[:200], target[:200])
    np.testing.assert_allclose(fitted.transform(source), target, atol=1e-3)


def test_strength_is_the_one_with_the_least_error_on_validation() -> None:
    source, target = draw(60, noise=1.0)
    held_out = draw(200, noise=1.0, seed=9)
    errors = {}
    for penalty in PENALTIES:
        fitted = LinearAligner(penalty=penalty).fit(source, target)
        errors[penalty] = float(((fitted.transform(held_out[0]) - held_out[1]) ** 2).mean())
    chosen = LinearAligner().fit(source, target, validation=held_out)
    assert {entry["penalty"]: entry["validation_loss"] for entry in chosen.history_} == pytest.approx(
        errors, rel=1e-4
    )
    best = LinearAligner(penalty=min(errors, key=errors.__getitem__)).fit(source, target)
    np.testing.assert_array_equal(chosen.transform(source), best.transform(source))


def test_a_strong_pull_leaves_vectors_where_they_are_but_for_the_centre() -> None:
    source, target = draw()
    moved = LinearAligner(penalty=1e12).fit(source, target).transform(source)
    np.testing.assert_allclose(moved, source + (target.mean(axis=0) - source.mean(axis=0)), atol=1e-4)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"pull": "up"}, "pull=up is unknown; choose one of: identity, zero"),
        ({"penalty": 0.0}, "penalty=0.0 is out of range; give a number above 0"),
    ],
)
def test_options_out_of_range_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        LinearAligner(**options)


def uneven(condition: float, scale: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Draw pairs whose source has a given condition number."""
    rng = np.random.default_rng(0)
    left, right = np.linalg.qr(rng.normal(size=(400, 24)))[0], np.linalg.qr(rng.normal(size=(24, 24)))[0]
    source = (left * np.logspace(0, -np.log10(condition), 24)) @ right * 20 * scale
    target = source @ rng.normal(size=(24, 24)) / 5 + 1e-3 * scale * rng.normal(size=(400, 24))
    return source.astype(np.float32), target.astype(np.float32)


def ridge_predictions(source: np.ndarray, target: np.ndarray, penalty: float) -> np.ndarray:
    """Solve by least squares in float64, without squaring the condition number."""
    x, y = centred(source), centred(target)
    pull = np.sqrt(penalty * (x * x).sum() / len(x) / x.shape[1]) * np.eye(x.shape[1])
    weight = np.linalg.lstsq(np.vstack([x, pull]), np.vstack([y, pull]), rcond=None)[0]
    return x @ weight + target.mean(axis=0, dtype=np.float64)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("condition", [1.0, 1e4, 1e8])
def test_ridge_agrees_with_least_squares_or_says_that_it_cannot(condition: float, scale: float) -> None:
    source, target = uneven(condition, scale)
    for penalty in (100.0, 1e-3, 1e-6, 1e-9):
        aligner = LinearAligner(penalty=penalty)
        if condition > 1 and penalty < 1e-5:  # the pull is lost in float32's rounding, or nearly so
            with suppress(DataError):
                aligner.fit(source, target)
            if aligner.source_width_ is None:
                continue
        moved = aligner.fit(source, target).transform(source)
        expected = ridge_predictions(source, target, penalty)
        assert np.linalg.norm(moved - expected) < 2e-3 * np.linalg.norm(expected)


@pytest.mark.parametrize("condition", [1.0, 1e4, 1e8])
def test_procrustes_comes_as_near_as_scipy(condition: float) -> None:
    source, target = uneven(condition)
    moved = ProcrustesAligner().fit(source, target).transform(source)
    rotation, _ = scipy.linalg.orthogonal_procrustes(centred(source), centred(target))
    least = np.linalg.norm(centred(source) @ rotation - centred(target))
    assert np.linalg.norm(moved - target.astype(np.float64)) < least * (1 + 1e-5)


def test_a_pull_that_is_lost_in_rounding_is_refused() -> None:
    with pytest.raises(DataError, match=r"penalty=1e-09 is too weak for these pairs, .* give at least"):
        LinearAligner(penalty=1e-9).fit(*uneven(1e8))

"""Fitting on pairs: what is held out, which side moves, and what is measured."""

from __future__ import annotations

import numpy as np
import pytest

from langalign.aligners import FittedPairs, _pairs, auto, fit_pairs, linear
from langalign.errors import DataError, ShapeError, SpecError, UnknownPartError


def rotated(count: int = 200, width: int = 8) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    rotation, _ = np.linalg.qr(rng.standard_normal((width, width)))
    source = rng.standard_normal((count, width))
    target = source @ rotation + 0.01 * rng.standard_normal((count, width))
    return source.astype(np.float32), target.astype(np.float32)


def fit(name: str, source: np.ndarray, target: np.ndarray, **options: object) -> FittedPairs:
    return fit_pairs(name, source, target, **{"groups": np.arange(len(source)), **options})


def test_a_rotation_is_found_and_the_gain_is_measured() -> None:
    source, target = rotated()
    fitted = fit("procrustes", source, target)
    assert (fitted.train_pairs, fitted.validation_pairs) == (180, 20)
    assert fitted.before is not None
    assert fitted.before["cosine_mean"] < 0.5
    assert fitted.after["cosine_mean"] > 0.999
    assert fitted.after["p_at_1"] == {"source_to_target": 1.0, "target_to_source": 1.0}
    assert fitted.after["margin"] > 0.9
    assert fitted.seconds > 0
    np.testing.assert_allclose(fitted.aligner.transform(source), target, atol=0.1)


def test_reversed_the_target_side_moves() -> None:
    source, target = rotated()
    fitted = fit("procrustes", source, target, reverse=True)
    assert fitted.direction == "target-to-source"
    np.testing.assert_allclose(fitted.aligner.transform(target), source, atol=0.1)
    assert fitted.after["cosine_mean"] > 0.999
    assert fit("procrustes", source, target).direction == "source-to-target"


def test_reversed_both_examples_keep_the_source_in_place() -> None:
    source, _ = rotated()
    options = {"keep_target": True, "penalty": 1e-3, "pull": "zero"}
    fitted = fit("linear", source[:, :1], 3 * source[:, :1], reverse=True, options=options)
    # Examples 3d → d and d → d, d centred around zero: the slope of least squares is (3 + 1) / (9 + 1).
    assert fitted.aligner.weight_[0, 0] == pytest.approx(0.4, abs=1e-2)


def test_figures_are_those_of_the_held_out_pairs_in_both_directions() -> None:
    # Three targets are all alike: from source to target only one in three is found first.
    source = np.eye(3, dtype=np.float32)[np.arange(60) % 3]
    fitted = fit("identity", source, np.ones((60, 3), np.float32), groups=np.arange(60) % 20)
    assert fitted.after == fitted.before
    assert fitted.after["cosine_mean"] == pytest.approx(1 / np.sqrt(3))
    assert fitted.after["margin"] == pytest.approx(0.0, abs=1e-9)


def test_different_widths_have_no_figures_before() -> None:
    source, target = rotated()
    fitted = fit("linear", source, target[:, :5])
    assert fitted.before is None
    assert 0 < fitted.after["cosine_mean"] <= 1


def test_epochs_are_counted() -> None:
    source, target = rotated()
    assert fit("residual", source, target, options={"epochs": 3}).epochs == 3
    assert fit("linear", source, target).epochs == 0


def test_same_seed_same_split_and_figures() -> None:
    source, target = rotated()
    first, again, other = (fit("linear", source, target, seed=seed).after for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_lists_are_read_as_arrays_are() -> None:
    source, target = rotated()
    groups = np.arange(200) // 2
    expected = fit("procrustes", source, target, groups=groups, target_groups=groups)
    lists = fit_pairs(
        "procrustes",
        source.tolist(),
        target.tolist(),
        groups=groups.tolist(),
        target_groups=groups.tolist(),
    )
    assert (lists.before, lists.after) == (expected.before, expected.after)
    np.testing.assert_array_equal(lists.aligner.transform(source), expected.aligner.transform(source))
    with pytest.raises(DataError, match="the vectors are no rows of numbers"):
        fit_pairs("procrustes", [["a"]] * 200, target, groups=groups)


def test_what_cannot_be_fitted_is_refused() -> None:
    source, target = rotated()
    with pytest.raises(UnknownPartError, match="unknown aligner 'none'; choose one of: ae, auto, fc"):
        fit("none", source, target)
    with pytest.raises(SpecError, match="has no preset 'paper'"):
        fit("linear", source, target, preset="paper")
    with pytest.raises(ShapeError, match="source has 200 rows but target has 199"):
        fit("linear", source, target[:-1])
    with pytest.raises(ShapeError, match="200 vectors were given but 199 groups; give one for each"):
        fit_pairs("linear", source, target, groups=np.arange(199), target_groups=np.arange(199))
    with pytest.raises(DataError, match="5 rows with 5 distinct texts cannot be split"):
        fit("linear", source[:5], target[:5])


def test_what_stands_first_in_the_file_decides_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    # The first 40 % are noise, the rest a rotation; what is held out is more than any choice looks at.
    for module, limit in ((_pairs, "MEASURED_PAIRS"), (linear, "_CHOICE_PAIRS"), (auto, "_JUDGED_PAIRS")):
        monkeypatch.setattr(module, limit, 50)
    source, target = rotated(1500)
    target[:600] = np.random.default_rng(0).standard_normal((600, 8))
    measured = fit("procrustes", source, target)
    assert measured.after["cosine_mean"] == pytest.approx(0.6, abs=0.15)
    chosen = fit("linear", source, target).aligner.history_
    best = min(chosen, key=lambda told: told["validation_loss"])["penalty"]
    assert best < max(linear.PENALTIES)  # which noise alone would ask for
    judged = fit("auto", source, target, options={"candidates": "identity,procrustes"}).aligner
    assert judged.history_[1]["cosine_mean"] == pytest.approx(0.6, abs=0.15)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("repeated", ["source", "target"])
def test_no_text_of_either_side_is_both_trained_and_measured_on(reverse: bool, repeated: str) -> None:
    # 40 texts with ten counterparts each and nothing in common: only who has seen one knows the others.
    rng = np.random.default_rng(0)
    texts = np.repeat(np.arange(40), 10)
    one = rng.standard_normal((40, 16)).astype(np.float32)[texts]
    other = rng.standard_normal((40, 16)).astype(np.float32)[texts]
    many = other + 0.3 * rng.standard_normal((400, 16)).astype(np.float32)
    sides, groups = ((one, many), (texts, None)) if repeated == "source" else ((many, one), (None, texts))
    options = {"penalty": 1e-3, "pull": "zero"}
    numbers = {"groups": np.arange(400) if groups[0] is None else groups[0], "target_groups": groups[1]}
    found = fit("linear", *sides, reverse=reverse, options=options, **numbers)
    leaked = fit("linear", *sides, reverse=reverse, options=options)
    assert found.validation_pairs == leaked.validation_pairs == 40
    assert found.after["cosine_mean"] < 0.5 < leaked.after["cosine_mean"]

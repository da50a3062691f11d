"""What every aligner promises; a new file in ``langalign/aligners`` is tested here at once."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch

from langalign import registry
from langalign.aligners import fit_pairs, load_aligner, save_aligner
from langalign.aligners.base import Aligner
from langalign.errors import DataError, NotFittedError, ShapeError, SpecError
from langalign.types import Identity, Vectors
from tests.contracts.options import float_options

NAMES = registry.names("aligners")
LEARNERS = [name for name in NAMES if name != "identity"]
WIDTH_KEEPERS = {"identity", "mean-shift"}
TRAINED = {"ae", "auto", "fc", "residual"}
QUICK = {"epochs": 2}
PRESETS = [(name, preset) for name in NAMES for preset in registry.get("aligners", name).PRESETS]


class FakeEncoder:
    """As much of an encoder as a folder records."""

    spec = "hashing"
    identity = Identity("hashing", "toy", "1")


def build(name: str, preset: str = "default", **options: object) -> Aligner:
    """Build an aligner that trains for two epochs at most."""
    part = registry.get("aligners", name)
    if name in TRAINED - {"auto"}:
        options = {**QUICK, **options}
    if name == "auto":
        options = {"candidates": "identity,procrustes,linear", **options}
    aligner: Aligner = part.from_preset(preset, options)
    return aligner


def pairs(
    count: int = 60, width: int = 8, target_width: int | None = None, seed: int = 0
) -> tuple[Vectors, Vectors]:
    """Draw a source and a target that a linear map joins, but for some noise."""
    rng = np.random.default_rng(seed)
    source = rng.standard_normal((count, width)).astype(np.float32)
    weight = rng.standard_normal((width, target_width or width)) / np.sqrt(width)
    target = source @ weight + 0.05 * rng.standard_normal((count, target_width or width)) + 0.3
    return source, target.astype(np.float32)


def test_lists_are_read_as_numpy_reads_them_and_other_things_named() -> None:
    source, target = pairs()
    aligner = build("linear").fit(source, target)
    np.testing.assert_array_equal(aligner.transform(source[:3].tolist()), aligner.transform(source[:3]))
    for wrong in (
        [["a"] * 8],
        [[1.0], [1.0, 2.0]],
        np.array([["a"] * 8]),
        {"a": 1},
        torch.ones(1, 8, requires_grad=True),
    ):
        with pytest.raises(DataError, match="no rows of numbers"):
            aligner.transform(wrong)
    for wrong in ([], [1.0] * 8, 3):
        with pytest.raises(ShapeError, match=r"takes vectors of shape \(N, 8\)"):
            aligner.transform(wrong)


@pytest.mark.parametrize("name", NAMES)
def test_output_is_float32_of_the_target_width_and_inputs_are_unchanged(name: str) -> None:
    source, target = pairs()
    kept = source.copy(), target.copy()
    aligner = build(name).fit(source, target, validation=(source[:10], target[:10]))
    moved = aligner.transform(source)
    assert moved.dtype == np.float32
    assert moved.shape == (60, 8)
    assert moved.flags.c_contiguous
    assert not np.shares_memory(moved, source)
    np.testing.assert_array_equal(source, kept[0])
    np.testing.assert_array_equal(target, kept[1])


@pytest.mark.parametrize("name", NAMES)
def test_read_only_half_precision_rows_are_taken(name: str) -> None:
    source, target = (side.astype(np.float16) for side in pairs())
    source.flags.writeable = target.flags.writeable = False
    moved = build(name).fit(source, target).transform(source)
    assert moved.dtype == np.float32
    assert np.isfinite(moved).all()


@pytest.mark.parametrize("name", NAMES)
def test_same_seed_gives_the_same_aligner_and_leaves_the_callers_random_state(name: str) -> None:
    source, target = pairs()
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first = build(name).fit(source, target, seed=3).transform(source)
    assert torch.equal(torch.rand(3), expected)
    second = build(name).fit(source, target, seed=3).transform(source)
    np.testing.assert_array_equal(first, second)


@pytest.mark.parametrize("name", NAMES)
def test_rows_do_not_depend_on_their_neighbours(name: str) -> None:
    source, target = pairs()
    aligner = build(name).fit(source, target)
    one_by_one = np.concatenate([aligner.transform(row[None]) for row in source[:5]])
    np.testing.assert_allclose(aligner.transform(source)[:5], one_by_one, atol=1e-5)
    assert aligner.transform(source[:0]).shape == (0, 8)


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_loaded_aligner_is_equal(name: str, tmp_path: Path) -> None:
    source, target = pairs()
    options = {"epochs": 2} if name in TRAINED - {"auto"} else {}
    options |= {"candidates": "identity,procrustes"} if name == "auto" else {}
    fitted = fit_pairs(name, source, target, groups=np.arange(60), options=options)
    save_aligner(fitted, tmp_path / "out", FakeEncoder(), FakeEncoder())
    loaded = load_aligner(tmp_path / "out")
    np.testing.assert_array_equal(loaded.transform(source), fitted.aligner.transform(source))
    assert loaded.aligner.options() == fitted.aligner.options()


@pytest.mark.parametrize("name", NAMES)
def test_unfitted_aligner_says_so(name: str) -> None:
    with pytest.raises(NotFittedError, match="call fit"):
        build(name).transform(pairs()[0])
    with pytest.raises(NotFittedError, match="call fit"):
        build(name).state()


@pytest.mark.parametrize("name", LEARNERS)
def test_state_without_the_arrays_is_refused(name: str) -> None:
    aligner = build(name).fit(*pairs())
    broken = {key: value for key, value in list(aligner.state().items())[:-1]}
    with pytest.raises(ShapeError, match="the weights hold no"):
        build(name).restore(broken, 8, 8)
    bent = {key: value[..., None] for key, value in aligner.state().items()}
    with pytest.raises(ShapeError, match="has shape"):
        build(name).restore(bent, 8, 8)


@pytest.mark.parametrize(("name", "preset"), PRESETS)
def test_every_preset_can_be_built_and_tells_its_options(name: str, preset: str) -> None:
    part = registry.get("aligners", name)
    aligner = part.from_preset(preset)
    assert aligner.options().items() >= part.PRESETS[preset].items()
    assert part.from_preset("default", aligner.options()).options() == aligner.options()


@pytest.mark.parametrize("name", NAMES)
def test_unknown_presets_and_options_are_refused(name: str) -> None:
    part = registry.get("aligners", name)
    with pytest.raises(SpecError, match="has no preset 'none'; choose one of: default"):
        part.from_preset("none")
    with pytest.raises(SpecError, match="has no option 'colour'; choose one of: keep_target"):
        part.from_preset("default", {"colour": 1})
    with pytest.raises(SpecError, match="keep_target=perhaps is of the wrong type"):
        part.from_preset("default", {"keep_target": "perhaps"})


@pytest.mark.parametrize("name", NAMES)
def test_widths_may_differ_or_are_refused_clearly(name: str) -> None:
    source, target = pairs(target_width=5)
    if name in WIDTH_KEEPERS:
        with pytest.raises(ShapeError, match="width 8 but target vectors 5"):
            build(name).fit(source, target)
        return
    aligner = build(name).fit(source, target, validation=(source[:10], target[:10]))
    moved = aligner.transform(source)
    assert moved.shape == (60, 5)
    restored = build(name).restore(aligner.state(), 8, 5)
    np.testing.assert_array_equal(restored.transform(source), moved)
    with pytest.raises(ShapeError, match="keep_target needs equal widths"):
        build(name, keep_target=True).fit(source, target)


@pytest.mark.parametrize("name", NAMES)
def test_sides_that_do_not_fit_are_refused(name: str) -> None:
    source, target = pairs()
    with pytest.raises(ShapeError, match="source has 60 rows but target has 59"):
        build(name).fit(source, target[:-1])
    with pytest.raises(ShapeError, match="0 pairs"):
        build(name).fit(source[:0], target[:0])
    with pytest.raises(ShapeError, match=r"target has shape \(60,\)"):
        build(name).fit(source, target[:, 0])
    with pytest.raises(ShapeError, match="width 8 but those for validation 3"):
        build(name).fit(source, target, validation=(source[:9, :3], target[:9]))
    with pytest.raises(ShapeError, match=r"takes vectors of shape \(N, 8\), got \(60, 3\)"):
        build(name).fit(source, target).transform(source[:, :3])


@pytest.mark.parametrize("name", LEARNERS)
def test_vectors_that_are_not_finite_are_refused(name: str) -> None:
    source, target = pairs()
    source[3, 2] = np.nan
    with pytest.raises(DataError, match="NaN"):
        build(name).fit(source, target)


def degenerate() -> dict[str, tuple[Vectors, Vectors]]:
    """Draw pairs that leave a formula nothing to divide by."""
    source, target = pairs()
    zeros = np.zeros_like(source)
    constant, wide = source.copy(), pairs(12, 40)
    constant[:, :3] = 2.5
    return {
        "zeros on both sides": (zeros, zeros),
        "zero source": (zeros, target),
        "zero target": (source, zeros),
        "one pair many times": (np.repeat(source[:1], 60, axis=0), np.repeat(target[:1], 60, axis=0)),
        "constant columns": (constant, target),
        "fewer pairs than dimensions": wide,
        "one pair": (source[:1], target[:1]),
        "tiny values": (source * np.float32(1e-20), target * np.float32(1e-20)),
    }


@pytest.mark.parametrize("case", degenerate())
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("keep_target", [False, True])
def test_degenerate_pairs_give_finite_vectors(name: str, case: str, keep_target: bool) -> None:
    source, target = degenerate()[case]
    aligner = build(name, keep_target=keep_target)
    if name == "auto" and len(source) < 10:
        with pytest.raises(DataError, match="cannot be split"):
            aligner.fit(source, target)
        return
    assert np.isfinite(aligner.fit(source, target).transform(source)).all()
    held_out = (source[:10], target[:10])
    assert np.isfinite(aligner.fit(source, target, validation=held_out).transform(source)).all()


@pytest.mark.parametrize("name", NAMES)
def test_progress_is_told_and_ends_in_time(name: str) -> None:
    source, target = pairs()
    told: list[tuple[int, int]] = []
    build(name).fit(source, target, progress=lambda done, total: told.append((done, total)))
    if name != "identity":
        assert told
    assert all(0 < done <= total for done, total in told)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
@pytest.mark.parametrize(("name", "option"), float_options("aligners"))
def test_options_that_are_not_finite_are_refused(name: str, option: str, value: float) -> None:
    with pytest.raises(SpecError, match=f"{option}={value} "):
        registry.get("aligners", name).from_preset("default", {option: value})

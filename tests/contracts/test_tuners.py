"""What every registered tuner keeps to."""

from __future__ import annotations

from pathlib import Path

import pytest

from langalign import registry
from langalign.encoders import build
from langalign.errors import DataError, SpecError
from langalign.tuning import TunedEncoder, tune_encoder
from tests.encoders.small_model import save_small_model
from tests.tuning.toy import rows, save_still_model

NAMES = registry.names("tuners")


@pytest.fixture(params=NAMES)
def name(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_model(tmp_path_factory.mktemp("models") / "small-xlm-r")


def tuned(name: str, model: Path, out: Path, progress=None, **options: object) -> TunedEncoder:
    tuner = registry.get("tuners", name).from_preset("default", {"batch_size": 8, "epochs": 2, **options})
    return tune_encoder(*rows(40), model=str(model), out=out, tuner=tuner, device="cpu", progress=progress)


def test_the_three_tuners_are_there() -> None:
    assert set(NAMES) >= {"full", "lora", "simcse"}


def test_the_name_is_the_files(name: str) -> None:
    assert registry.get("tuners", name)().name == name


def test_the_loss_falls(name: str, tmp_path: Path) -> None:
    # A trace of dropout, without which SimCSE has nothing to do, and little enough not to drown the fall.
    model = save_still_model(tmp_path / "model", dropout=0.01)
    history = tuned(name, model, tmp_path / "out", epochs=14, patience=14, learning_rate=5e-3).history
    losses = [epoch["train_loss"] for epoch in history]
    assert losses[-1] < 0.9 * max(losses[:3])


def test_the_result_is_an_encoder_and_the_same_for_the_same_seed(
    name: str, model: Path, tmp_path: Path
) -> None:
    one, other = (tuned(name, model, tmp_path / out) for out in ("one", "other"))
    assert one.method == name
    assert build(one.spec).identity == build(other.spec).identity
    assert build(one.spec).identity != build(f"transformers:{model}").identity
    assert build(one.spec, device="cpu").encode(["Rain.", "film"]).shape == (2, 32)


def test_progress_is_told_and_never_runs_backwards(name: str, model: Path, tmp_path: Path) -> None:
    heard: list[tuple[int, int]] = []
    tuned(name, model, tmp_path / "out", progress=lambda done, total: heard.append((done, total)))
    assert heard[0][0] == 1
    assert heard == sorted(heard)
    assert heard[-1] == (heard[-1][1], heard[0][1])


def test_options_build_the_like_again(name: str) -> None:
    part = registry.get("tuners", name)
    for preset in part.PRESETS:
        tuner = part.from_preset(preset)
        assert part.from_preset("default", tuner.options()) == tuner


def test_the_paper_preset_stays_at_its_rate(name: str) -> None:
    tuner = registry.get("tuners", name).from_preset("paper")
    assert (tuner.schedule, tuner.warmup, tuner.batch_size, tuner.patience) == ("constant", 0.0, 16, 10)


def test_too_few_rows_are_refused(name: str, model: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="4 rows with 4 distinct texts cannot be split"):
        tune_encoder(*rows(4), model=str(model), out=tmp_path / "out", tuner=name)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"colour": "red"}, "has no option 'colour'; choose one of: learning_rate"),
        ({"schedule": "wild"}, "schedule=wild is unknown; choose one of: linear, constant"),
        ({"pooling": "pooler"}, "pooling=pooler is unknown; choose one of: mean, cls"),
        ({"precision": "fp8"}, "precision=fp8 is unknown"),
        ({"learning_rate": 0.0}, "learning_rate=0.0 is out of range; give a number above 0"),
        ({"weight_decay": -1.0}, "weight_decay=-1.0 is out of range; give at least 0"),
        ({"warmup": 1.0}, "warmup=1.0 is out of range; give a share"),
    ],
)
def test_unknown_options_list_the_choices(name: str, options: dict, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        registry.get("tuners", name).from_preset("default", options)

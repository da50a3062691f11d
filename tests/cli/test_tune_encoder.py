"""The command tune-encoder."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.encoders.small_model import save_small_model
from tests.tuning.toy import rows

FAST = ("--option", "epochs=2", "-O", "batch_size=8", "-O", "learning_rate=0.002")


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_model(tmp_path_factory.mktemp("models") / "small-xlm-r")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    lines = [f"{text}\t{label}" for text, label in zip(*rows(60), strict=True)]
    (tmp_path / "data.tsv").write_text("\n".join(["text\tlabel", *lines]) + "\n", encoding="utf-8")
    return tmp_path / "data.tsv"


@pytest.mark.parametrize("method", ["full", "lora", "simcse"])
def test_a_tuned_encoder_is_used_by_the_next_command(
    langalign: Command, data: Path, model: Path, method: str
) -> None:
    options = ("--method", method, "--out", "tuned", "--device", "cpu", *FAST)
    found = langalign("tune-encoder", data, "--model", model, *options, "--json", "-q").json
    assert (found["method"], found["rows"], found["epochs"], found["out"]) == (method, 60, 2, "tuned")
    assert found["train_rows"] + found["validation_rows"] == 60
    assert 0 <= found["validation"]["accuracy"] <= 1
    assert found["seconds"] > 0
    assert found["labels"] == ([] if method == "simcse" else ["bad", "good"])
    again = langalign("tune-encoder", data, "--model", model, *options, "--json", "-q").json
    assert (found, again["reused"]) == ({**again, "reused": False}, True)
    assert found["encoder"] == "transformers:tuned"
    assert "torch" in found["environment"]["versions"]
    embedded = langalign("embed", data, "--encoder", found["encoder"], "--json", "-q").json
    assert embedded["embedded"] == 60


def test_figures_are_shown_to_the_eye(langalign: Command, data: Path, model: Path) -> None:
    done = langalign("tune-encoder", data, "--model", model, "--method", "full", "--out", "tuned", *FAST)
    assert "validation macro f1" in done.stdout
    assert "transformers:tuned" in done.stdout


def test_rows_are_drawn_and_blank_ones_left_out(langalign: Command, data: Path, model: Path) -> None:
    command = ("tune-encoder", data, "--model", model, "--method", "full", "--out", "tuned", *FAST)
    assert langalign(*command, "--limit", "30", "--json", "-q").json["rows"] == 30
    assert "was tuned with data_digest=" in langalign(*command, "--limit", "31", "-q").error


def test_a_paper_preset_is_recorded_with_what_overrides_it(
    langalign: Command, data: Path, model: Path
) -> None:
    command = (
        "tune-encoder",
        data,
        "--model",
        model,
        "--method",
        "lora",
        "--preset",
        "paper",
        "--out",
        "tuned",
    )
    found = langalign(*command, *FAST, "-O", "max_length=32", "--json", "-q").json
    assert found["encoder"] == "transformers:tuned[max_length=32,pooling=cls]"
    run = json.loads((data.parent / "tuned" / "tuning.json").read_text())["run"]
    assert (run["rank"], run["schedule"], run["epochs"], run["max_length"]) == (8, "constant", 2, 32)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--method", "magic"), "unknown tuner 'magic'; choose one of: full, lora, simcse"),
        (("--method", "full", "--preset", "best"), "FullTuner has no preset 'best'"),
        (("--method", "full", "-O", "epochs=many"), "epochs=many is of the wrong type"),
        (("--method", "full", "--encoder", "hashing"), "--encoder hashing is not used here"),
        (("--method", "full", "--model", "./nowhere"), "model folder ./nowhere is no folder"),
        (
            ("--method", "full", "--validation-share", "2"),
            "validation_share=2.0 is out of range",
        ),
    ],
)
def test_what_is_wrong_is_one_line(
    langalign: Command, data: Path, model: Path, options: tuple[str, ...], message: str
) -> None:
    assert message in langalign("tune-encoder", data, "--model", model, "--out", "x", "-q", *options).error

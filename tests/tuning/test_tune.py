"""A tuned encoder is an encoder: its folder, its identity, its record, its predictions."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers
from safetensors.torch import load_file, save_file
from sklearn.metrics import accuracy_score, f1_score

from langalign.encoders import build
from langalign.errors import DamageError, DataError, SpecError
from langalign.training.split import split_pairs
from langalign.tuning import TunedEncoder, predict_labels, tune_encoder
from langalign.tuning.full import FullTuner
from langalign.tuning.simcse import SimcseTuner
from tests.tuning.toy import rows


def tuned(model: Path, out: Path, number: int = 240, **options: object) -> TunedEncoder:
    tuner = FullTuner(**{"batch_size": 8, "epochs": 8, "learning_rate": 5e-3, **options})
    return tune_encoder(*rows(number, classes=3), model=str(model), out=out, tuner=tuner, device="cpu")


@pytest.fixture(scope="module")
def result(model: Path, tmp_path_factory: pytest.TempPathFactory) -> TunedEncoder:
    return tuned(model, tmp_path_factory.mktemp("tuned") / "encoder")


def test_it_learns_the_task(result: TunedEncoder) -> None:
    assert (result.method, result.rows, result.train_rows, result.validation_rows) == ("full", 240, 216, 24)
    assert result.labels == ("bad", "good", "so-so")
    assert result.validation["accuracy"] > 0.6  # a third by chance
    assert set(result.validation) == {"loss", "accuracy", "macro_f1"}
    texts, labels = rows(60, classes=3, seed=9)
    probabilities, classes = predict_labels(result.out, texts, device="cpu")
    np.testing.assert_allclose(probabilities.sum(axis=1), 1)
    assert np.mean([classes[code] for code in probabilities.argmax(1)] == np.array(labels)) > 0.6


def test_the_figures_are_those_of_the_rows_held_out(result: TunedEncoder) -> None:
    texts, labels = rows(240, classes=3)
    held_out = split_pairs(np.arange(240), seed=0).validation
    probabilities, classes = predict_labels(result.out, [texts[row] for row in held_out], device="cpu")
    predicted = [classes[code] for code in probabilities.argmax(1)]
    right = [labels[row] for row in held_out]
    assert result.validation["accuracy"] == pytest.approx(accuracy_score(right, predicted))
    assert result.validation["macro_f1"] == pytest.approx(f1_score(right, predicted, average="macro"))
    of_right = [row[classes.index(label)] for row, label in zip(probabilities, right, strict=True)]
    assert result.validation["loss"] == pytest.approx(-np.log(of_right).mean(), rel=1e-4)


def test_the_folder_is_a_plain_checkpoint(result: TunedEncoder, model: Path) -> None:
    files = {path.relative_to(result.out).as_posix() for path in result.out.rglob("*") if path.is_file()}
    assert files == {
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "classifier/head.safetensors",
        "tuning.json",
        "train_results.json",
    }
    assert (result.out / "tokenizer.json").read_bytes() == (model / "tokenizer.json").read_bytes()
    _, told = transformers.AutoModel.from_pretrained(result.out, output_loading_info=True)
    assert all("pooler" in key for key in told["missing_keys"])
    assert not told["unexpected_keys"]
    assert str(model) not in (result.out / "config.json").read_text()
    assert not [path for path in result.out.parent.iterdir() if path != result.out]


def test_it_is_an_encoder_of_its_own(result: TunedEncoder, model: Path) -> None:
    encoder, base = build(result.spec, device="cpu"), build(f"transformers:{model}", device="cpu")
    assert result.spec == f"transformers:{result.out}"
    assert encoder.identity != base.identity
    texts = rows(5)[0]
    assert np.abs(encoder.encode(texts) - base.encode(texts)).max() > 1e-2


def test_the_spec_carries_what_the_vectors_depend_on(model: Path, tmp_path: Path) -> None:
    options = {"pooling": "cls", "prefix": "a,b] ", "max_length": 16}
    found = tuned(model, tmp_path / "an [odd] name", 20, epochs=1, **options)
    encoder = build(found.spec, device="cpu")
    assert {name: encoder.identity.options[name] for name in options} == options
    assert encoder.encode(["Rain."]).shape == (1, 32)


def test_the_same_seed_gives_the_same_encoder(result: TunedEncoder, model: Path, tmp_path: Path) -> None:
    again = tuned(model, tmp_path / "again")
    assert build(again.spec).identity == build(result.spec).identity
    assert again.history == result.history


def test_tuning_leaves_the_callers_random_state_alone(model: Path, tmp_path: Path) -> None:
    before = torch.get_rng_state()
    tuned(model, tmp_path / "out", 20, epochs=1)
    assert torch.equal(torch.get_rng_state(), before)


def test_a_finished_run_is_only_read_again(result: TunedEncoder, model: Path) -> None:
    before = (result.out / "model.safetensors").stat().st_mtime_ns
    left = result.out.with_name("encoder.unfinished")
    left.mkdir()  # by a kill after the folder was in place
    assert not result.reused
    assert tuned(model, result.out) == replace(result, reused=True)
    assert not left.exists()
    assert (result.out / "model.safetensors").stat().st_mtime_ns == before


def test_all_of_it_is_told_as_json(result: TunedEncoder) -> None:
    told = result.to_json()
    assert json.loads(json.dumps(told)) == told
    assert set(told) == {field.name for field in fields(result)} - {"spec"} | {"encoder"}
    assert (told["out"], told["encoder"]) == (str(result.out), f"transformers:{result.out}")


def test_another_run_is_not_overwritten(result: TunedEncoder, model: Path) -> None:
    with pytest.raises(
        DataError, match=r"was tuned with learning_rate=0.005, but this run has learning_rate=0\.1"
    ):
        tuned(model, result.out, learning_rate=0.1)
    left = result.out.with_name("encoder.unfinished")
    left.mkdir()
    with pytest.raises(DataError, match="was tuned with data_digest="):
        tuned(model, result.out, 80)
    left.rmdir()  # which is still there: it is not this run's


def test_a_checkpoint_of_other_options_is_refused(model: Path, tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise StopError

    def begin(batch_size: int) -> TunedEncoder:
        return tune_encoder(
            *rows(40),
            model=str(model),
            out=tmp_path / "out",
            tuner=FullTuner(batch_size=batch_size),
            checkpoint_seconds=0,
            device="cpu",
            progress=stop if batch_size == 8 else None,
        )

    with pytest.raises(StopError):
        begin(8)
    with pytest.raises(
        DataError, match=r"out\.unfinished was begun with batch_size=8, but this run has batch_size=4"
    ):
        begin(4)


def test_a_folder_of_something_else_is_not_touched(model: Path, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep me")
    with pytest.raises(DataError, match="holds something that is not a saved tuning"):
        tuned(model, tmp_path)


def test_pairs_are_encoded_jointly(model: Path, tmp_path: Path) -> None:
    texts, labels = rows(160)
    pairs = [("the film is", text) for text in texts]
    tuner = FullTuner(batch_size=8, epochs=6, learning_rate=5e-3)
    found = tune_encoder(pairs, labels, model=str(model), out=tmp_path / "out", tuner=tuner, device="cpu")
    probabilities, classes = predict_labels(found.out, pairs, device="cpu")
    assert np.mean([classes[code] for code in probabilities.argmax(1)] == np.array(labels)) > 0.75
    swapped, _ = predict_labels(found.out, [(two, one) for one, two in pairs], device="cpu")
    assert np.abs(swapped - probabilities).max() > 1e-3


def test_long_texts_are_cut(model: Path, tmp_path: Path) -> None:
    texts, labels = rows(20)
    found = tune_encoder(
        [f"{text} " * 50 for text in texts],
        labels,
        model=str(model),
        out=tmp_path / "out",
        tuner=FullTuner(epochs=1, batch_size=4),
        device="cpu",
    )
    assert predict_labels(found.out, ["rain " * 500], device="cpu")[0].shape == (1, 2)


def test_without_labels_there_is_nothing_to_predict_with(model: Path, tmp_path: Path) -> None:
    found = tune_encoder(
        rows(40)[0], model=str(model), out=tmp_path / "out", tuner=SimcseTuner(batch_size=8), device="cpu"
    )
    assert found.labels == ()
    assert set(found.validation) == {"loss", "accuracy"}
    assert not (found.out / "classifier").exists()
    with pytest.raises(DataError, match="was tuned by simcse, without labels"):
        predict_labels(found.out, ["Rain."])


def test_no_text_gives_no_prediction(result: TunedEncoder) -> None:
    assert predict_labels(result.out, [])[0].shape == (0, 3)


def test_predicting_tells_how_far_it_is(result: TunedEncoder) -> None:
    heard: list[tuple[int, int]] = []
    predict_labels(result.out, ["Rain."] * 1030, device="cpu", progress=lambda *told: heard.append(told))
    assert heard == [(1024, 1030), (1030, 1030)]


def test_labels_are_needed_but_by_simcse(model: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="full learns from labels, but none were given"):
        tune_encoder(rows(20)[0], model=str(model), out=tmp_path / "out")


def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"model folder .*nowhere is no folder"):
        tuned(tmp_path / "nowhere", tmp_path / "out")


def test_weights_that_are_missing_are_told(model: Path, tmp_path: Path) -> None:
    broken = shutil.copytree(model, tmp_path / "broken")
    weights = load_file(broken / "model.safetensors")
    gone = "encoder.layer.1.output.dense.weight"
    save_file({name: value for name, value in weights.items() if name != gone}, broken / "model.safetensors")
    with pytest.raises(SpecError, match=f"lacks 1 weights that are needed, such as {gone}"):
        tuned(broken, tmp_path / "out")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"num_attention_heads": -1}, "cannot be run: .*shape"),
        ({"num_hidden_layers": 1_000_000}, "claims num_hidden_layers=1,000,000"),
    ],
)
def test_a_model_whose_files_do_not_belong_together_ends_in_one_line(
    model: Path, tmp_path: Path, change: dict[str, int], message: str
) -> None:
    broken = shutil.copytree(model, tmp_path / "broken")
    config = json.loads((broken / "config.json").read_bytes())
    (broken / "config.json").write_text(json.dumps({**config, **change}))
    with pytest.raises(SpecError, match=message):
        tuned(broken, tmp_path / "out")


def test_a_model_saved_in_half_precision_is_tuned_in_single(model: Path, tmp_path: Path) -> None:
    half = shutil.copytree(model, tmp_path / "half")
    weights = load_file(half / "model.safetensors")
    save_file({name: value.bfloat16() for name, value in weights.items()}, half / "model.safetensors")
    config = json.loads((half / "config.json").read_text())
    (half / "config.json").write_text(json.dumps({**config, "dtype": "bfloat16"}))
    found = tuned(half, tmp_path / "out", 20, epochs=1)
    assert {value.dtype for value in load_file(found.out / "model.safetensors").values()} == {torch.float32}


def test_bfloat16_is_near(model: Path, tmp_path: Path) -> None:
    runs = [tuned(model, tmp_path / name, epochs=2, precision=name) for name in ("float32", "bfloat16")]
    losses = [run.history[0]["train_loss"] for run in runs]
    assert losses[0] != losses[1]
    assert losses[0] == pytest.approx(losses[1], rel=0.05)


@pytest.mark.parametrize("file", ["tuning.json", "train_results.json", "classifier/head.safetensors"])
def test_a_damaged_folder_is_told(result: TunedEncoder, tmp_path: Path, file: str) -> None:
    copy = shutil.copytree(result.out, tmp_path / "copy")
    (copy / file).write_text("{}")
    with pytest.raises(DamageError, match=r"cannot be used: .*; restore it, or tune again"):
        predict_labels(copy, ["Rain."], device="cpu")
    with pytest.raises(DataError, match=r"is no tuned encoder, as it holds no tuning\.json"):
        predict_labels(tmp_path, ["Rain."])


def test_a_record_of_another_format_is_told(result: TunedEncoder, tmp_path: Path) -> None:
    copy = shutil.copytree(result.out, tmp_path / "copy")
    (copy / "tuning.json").write_text('{"format": 99}')
    with pytest.raises(DamageError, match="it has format 99, but this version reads 1"):
        predict_labels(copy, ["Rain."])


def test_importing_it_is_light() -> None:
    heavy = ("torch", "transformers", "faiss", "sklearn", "peft")
    told = f"import sys, langalign.tuning; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

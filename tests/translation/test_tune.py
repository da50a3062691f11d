from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from langalign.checkpoint import digest, find
from langalign.errors import DamageError, DataError, ShapeError, SpecError
from langalign.training.run_state import RunState
from langalign.translation import translate, tune_translator
from langalign.translation._languages import find_languages
from langalign.translation._model import load_seq2seq
from langalign.translation._tune_loop import TuneLoop
from langalign.translation._tune_options import TuneOptions
from langalign.translation._tune_pairs import TokenPairs, tokenize_pairs
from tests.training.hungry import HUNGER, hungry
from tests.translation.small_t5 import save_small_t5

pytest.importorskip("sacrebleu")

ROOT = Path(__file__).parents[2]
SOURCE = [f"{one}{other}" for one in "abcdef" for other in "abcdefgh"]
SPELLED = dict(zip("abcdefgh", "가나다라마바사아", strict=True))
TARGET = ["".join(map(SPELLED.__getitem__, text)) for text in SOURCE]
OPTIONS = {"learning_rate": 0.01, "epochs": 25, "patience": 25, "batch_size": 16, "prefix": ""}
SHORT = {**OPTIONS, "epochs": 4}


@pytest.fixture(scope="session")
def steady_t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One without dropout, which a toy task is learned best without."""
    return save_small_t5(tmp_path_factory.mktemp("models") / "steady-t5", dropout=0.0, spread=1.0)


def weights(folder: Path) -> dict[str, torch.Tensor]:
    return load_file(folder / "model.safetensors")


def same_weights(one: Path, other: Path) -> bool:
    first, second = weights(one), weights(other)
    return first.keys() == second.keys() and all(torch.equal(first[key], second[key]) for key in first)


def tune(model: Path, out: Path, options: dict, **more: object):
    return tune_translator(SOURCE, TARGET, model=str(model), to="ko", out=out, options=options, **more)


def test_it_learns_to_spell_and_the_folder_translates(steady_t5: Path, tmp_path: Path) -> None:
    out = tmp_path / "tuned"
    texts = [one + other for one in SOURCE for other in "bdfh"]
    targets = ["".join(map(SPELLED.__getitem__, text)) for text in texts]
    heard: list[tuple[int, int]] = []
    tuned = tune_translator(
        texts,
        targets,
        model=str(steady_t5),
        to="ko",
        out=out,
        options={**OPTIONS, "learning_rate": 0.005, "epochs": 18},
        progress=lambda done, total: heard.append((done, total)),
    )
    assert tuned.history[-1]["train_loss"] < 0.1 * tuned.history[0]["train_loss"]
    assert tuned.scores.chrf > 90
    assert (tuned.pairs, tuned.train_pairs, tuned.validation_pairs) == (192, 173, 19)
    assert heard == sorted(heard)
    assert heard[-1] == (18 * 11, 18 * 11)
    done = translate(texts, f"seq2seq:{out}", to="ko", memory=tmp_path / "memory.sqlite")
    right = sum(one == other for one, other in zip(done.texts, targets, strict=True))
    assert right > 180
    record = json.loads((out / "tuning.json").read_text())
    assert record["history"] == tuned.history
    assert record["environment"]["versions"]["torch"]
    assert record["environment"]["machine"]["cores"] >= 1
    assert (record["seed"], record["prefix"], record["chrf"]) == (0, "", tuned.scores.chrf)
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    assert not any(str(tmp_path).encode() in path.read_bytes() for path in out.iterdir())


def test_the_same_seed_gives_the_same_weights_and_another_does_not(small_t5: Path, tmp_path: Path) -> None:
    for name, seed in (("one", 3), ("again", 3), ("other", 4)):
        tune(small_t5, tmp_path / name, SHORT, seed=seed)
    assert same_weights(tmp_path / "one", tmp_path / "again")
    assert not same_weights(tmp_path / "one", tmp_path / "other")


def test_two_runs_that_are_alike_have_one_pin(small_t5: Path, tmp_path: Path) -> None:
    """A translation memory goes by the pin, and would ask all of it again."""
    outs = [tmp_path / "one", tmp_path / "deeper" / "another-name"]
    outs[1].parent.mkdir()
    runs = [tune(small_t5, out, {**SHORT, "epochs": 1}) for out in outs]
    assert runs[0].seconds != runs[1].seconds
    assert digest(outs[0]) == digest(outs[1])
    tune(small_t5, tmp_path / "other", {**SHORT, "epochs": 1, "score_pairs": 3})
    assert digest(tmp_path / "other") != digest(outs[0])


def test_no_target_that_is_learned_is_held_out(
    small_t5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sides: list[list[list[tuple[int, ...]]]] = []
    build = TuneLoop.__init__

    def told(self: TuneLoop, model: object, pairs: TokenPairs, validation: TokenPairs, *more: object) -> None:
        sides.append([[tuple(row) for row in part.target] for part in (pairs, validation)])
        build(self, model, pairs, validation, *more)

    monkeypatch.setattr(TuneLoop, "__init__", told)
    twice = [TARGET[row // 2] for row in range(len(TARGET))]  # each target of two sources
    tune_translator(
        SOURCE, twice, model=str(small_t5), to="ko", out=tmp_path / "x", options={**SHORT, "epochs": 1}
    )
    learned, held_out = map(set, sides[0])
    assert len(held_out) >= 2
    assert learned.isdisjoint(held_out)


def test_an_unfinished_run_of_another_format_is_not_gone_on_with(
    small_t5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of format 1, the rows held out were others."""

    def stop(done: int, total: int) -> None:
        if done > 4:  # in the second epoch
            raise KeyboardInterrupt

    with monkeypatch.context() as older:
        older.setattr("langalign.translation._tune.FORMAT", 1)
        with pytest.raises(KeyboardInterrupt):
            tune(small_t5, tmp_path / "tuned", SHORT, progress=stop)
    with pytest.raises(DataError, match="was begun with format=1, but this run has format=2"):
        tune(small_t5, tmp_path / "tuned", SHORT)


ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1"}
SCRIPT = """
import json, sys
from langalign.translation import tune_translator
source, target, model, out, options = json.loads(sys.argv[1])
tune_translator(source, target, model=model, to="ko", out=out, options=options)
"""


def test_a_killed_run_goes_on_and_ends_with_the_same_weights(small_t5: Path, tmp_path: Path) -> None:
    options = {**OPTIONS, "epochs": 12}
    whole = tune(small_t5, tmp_path / "whole", options)
    out, state = tmp_path / "killed", tmp_path / "killed.unfinished" / "state.safetensors"
    told = json.dumps([SOURCE, TARGET, str(small_t5), str(out), {**options}])
    job = subprocess.Popen(
        [sys.executable, "-c", SCRIPT, told], cwd=ROOT, stderr=subprocess.PIPE, env=ONE_THREAD
    )
    while not state.exists() and job.poll() is None:
        time.sleep(0.005)
    time.sleep(0.1)
    job.send_signal(signal.SIGKILL)
    job.communicate()
    assert state.exists()
    assert not out.exists()
    heard: list[int] = []
    resumed = tune(small_t5, out, options, progress=lambda done, total: heard.append(done))
    assert not heard or heard[0] > 3  # of three updates an epoch
    assert same_weights(tmp_path / "whole", out)
    assert resumed.history == whole.history
    assert resumed.scores == whole.scores


def test_the_best_weights_are_kept_and_patience_ends_it(small_t5: Path, tmp_path: Path) -> None:
    options = {**OPTIONS, "learning_rate": 0.3, "epochs": 30, "patience": 2}
    tuned = tune(small_t5, tmp_path / "tuned", options)
    losses = [one["validation_loss"] for one in tuned.history]
    best = losses.index(min(losses)) + 1
    assert tuned.epochs == len(losses) == best + 2
    tune(small_t5, tmp_path / "shorter", {**options, "epochs": best})
    assert same_weights(tmp_path / "tuned", tmp_path / "shorter")


def test_parts_of_a_batch_add_up_to_the_whole(steady_t5: Path, tmp_path: Path) -> None:
    for parts in (1, 3):
        tune(steady_t5, tmp_path / str(parts), {**SHORT, "epochs": 1, "accumulate": parts})
    one, three = weights(tmp_path / "1"), weights(tmp_path / "3")
    start = weights(steady_t5)
    for key, value in one.items():
        torch.testing.assert_close(three[key], value, atol=2e-3, rtol=0)
    assert any(not torch.equal(one[key], start[key]) for key in start)


@pytest.mark.parametrize("where", HUNGER)
def test_where_memory_ends_the_batch_size_is_told(steady_t5: Path, tmp_path: Path, where: str) -> None:
    model, tokenizer = load_seq2seq(find(str(steady_t5)), "cpu")
    pairs = tokenize_pairs(tokenizer, ["a", "b"], ["가", "나"], find_languages("en", "ko"), 16)
    loop = TuneLoop(hungry(model, where), pairs, pairs, TuneOptions(batch_size=2), 0, "cpu")
    says = (
        f"tuning with batch_size=2: .*{HUNGER[where]}.*; give a smaller batch_size or max_length, or a larger"
    )
    with pytest.raises(SpecError, match=says):
        loop.run(RunState(tmp_path, {}), None)


def test_the_loss_is_the_cross_entropy_of_a_token(steady_t5: Path) -> None:
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(steady_t5)
    model = AutoModelForSeq2SeqLM.from_pretrained(steady_t5).eval()
    texts, targets = ["a", "abc", "ab"], ["가", "가나다", "가나"]
    pairs = tokenize_pairs(tokenizer, texts, targets, find_languages("en", "ko"), 16)
    loop = TuneLoop(model, pairs, pairs, TuneOptions(batch_size=2), 0, "cpu")
    total, tokens = 0.0, 0
    for text, target in zip(texts, targets, strict=True):
        labels = tokenizer(target).input_ids
        with torch.no_grad():
            logits = (
                model(
                    input_ids=tokenizer(text, return_tensors="pt").input_ids,
                    decoder_input_ids=torch.tensor([[0, *labels[:-1]]]),
                )
                .logits[0]
                .double()
            )
        total -= float(logits.log_softmax(-1)[range(len(labels)), labels].sum())
        tokens += len(labels)
    assert loop.loss(pairs) == pytest.approx(total / tokens, rel=1e-5)


def test_the_paper_preset_is_the_papers() -> None:
    chosen = TuneOptions(**TuneOptions.PRESETS["paper"])
    assert (chosen.learning_rate, chosen.batch_size, chosen.patience) == (1e-5, 8, 10)


def test_a_run_of_other_options_is_not_gone_on_with(small_t5: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done > 4:  # in the second epoch
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tune(small_t5, tmp_path / "tuned", SHORT, progress=stop)
    says = r"tuned\.unfinished was begun with options\.batch_size=16, but this run has options\.batch_size=8"
    with pytest.raises(DataError, match=says):
        tune(small_t5, tmp_path / "tuned", {**SHORT, "batch_size": 8})
    (tmp_path / "tuned.unfinished" / "state.safetensors").write_bytes(b"broken")
    with pytest.raises(DamageError, match="cannot be read"):
        tune(small_t5, tmp_path / "tuned", SHORT)


def test_a_finished_run_is_only_read_again(small_t5: Path, tmp_path: Path) -> None:
    out, options = tmp_path / "tuned", {**SHORT, "epochs": 1}
    made = tune(small_t5, out, options)
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in out.iterdir()}
    (tmp_path / "tuned.unfinished").mkdir()  # left by a kill after the folder was in place
    again = tune(small_t5, out, {**options, "learning_rate": 1e-2})
    assert (made.reused, again) == (False, replace(made, reused=True))
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in out.iterdir()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["tuned"]
    with pytest.raises(
        DataError, match=r"was tuned with options\.epochs=1, but this run has options\.epochs=4"
    ):
        tune(small_t5, out, SHORT)
    with pytest.raises(DataError, match="was tuned with seed=0, but this run has seed=1"):
        tune(small_t5, out, options, seed=1)
    with pytest.raises(DataError, match="was tuned with model="):
        tune(save_small_t5(tmp_path / "other", seed=1), out, options)
    with pytest.raises(DataError, match="was tuned with pairs_digest="):
        tune_translator(SOURCE[1:], TARGET[1:], model=str(small_t5), to="ko", out=out, options=options)


def test_what_cannot_be_tuned_is_refused(small_t5: Path, tmp_path: Path) -> None:
    with pytest.raises(ShapeError, match="48 texts but 47 translations"):
        tune_translator(SOURCE, TARGET[:-1], model=str(small_t5), to="ko", out=tmp_path / "x")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "file").touch()
    with pytest.raises(DataError, match="something is there"):
        tune(small_t5, tmp_path / "full", SHORT)
    (tmp_path / "full" / "tuning.json").write_text('{"format": 1, "run": {}}')  # as of tune-encoder
    with pytest.raises(DataError, match="something is there"):
        tune(small_t5, tmp_path / "full", SHORT)
    with pytest.raises(SpecError, match="has no option 'colour'"):
        tune(small_t5, tmp_path / "x", {"colour": "red"})
    with pytest.raises(SpecError, match="epochs=0 is out of range; give a number above 0"):
        tune(small_t5, tmp_path / "x", {"epochs": 0})
    with pytest.raises(DataError, match=r"training diverged: the loss is .* choose a lower one"):
        tune(small_t5, tmp_path / "x", {**SHORT, "learning_rate": 1e30})


def test_a_validation_loss_that_is_not_finite_is_told(
    small_t5: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The training loss of the epoch was met before the update that broke the model."""
    monkeypatch.setattr(TuneLoop, "loss", lambda self, pairs: float("nan"))
    with pytest.raises(DataError, match=r"training diverged: the loss is nan at learning_rate=0\.01; choose"):
        tune(small_t5, tmp_path / "x", {**SHORT, "epochs": 1})
    assert not (tmp_path / "x").exists()

"""A run that is killed goes on, and ends as if it had not been."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import torch

from langalign.tuning.full import FullTuner
from tests.tuning.toy import examples_of, killable, loop, network_of, rows

ROOT = Path(__file__).parents[2]


def start_and_kill(model: Path, out: Path, updates: int) -> list[int]:
    """Kill a run once it has told of some updates; give the numbers it told."""
    command = [sys.executable, "-m", "tests.tuning.toy", str(model), str(out), "0.03"]
    job = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert job.stdout is not None
    told = []
    for _ in range(updates):
        line = job.stdout.readline()
        assert line, job.communicate()[1]
        told.append(int(line))
    job.send_signal(signal.SIGKILL)
    job.communicate()
    assert not out.exists()
    return told


def test_a_killed_run_ends_with_the_weights_of_one_that_was_not(model: Path, tmp_path: Path) -> None:
    first = start_and_kill(model, tmp_path / "killed", 5)
    second = start_and_kill(model, tmp_path / "killed", 9)
    assert first == [1, 2, 3, 4, 5]
    assert second[0] in (5, 6, 7)  # a checkpoint follows each update
    assert second == list(range(second[0], second[0] + 9))  # 9 updates are an epoch
    killed = killable(model, tmp_path / "killed", 0.0)
    whole = killable(model, tmp_path / "whole", 0.0)
    assert killed.history == whole.history
    assert killed.best_epoch == whole.best_epoch
    for file in ("model.safetensors", "classifier/head.safetensors", "tuning.json"):
        assert (killed.out / file).read_bytes() == (whole.out / file).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["killed", "whole"]


def test_a_run_that_was_done_is_not_trained_again(model: Path, tmp_path: Path) -> None:
    tuner = FullTuner(batch_size=8, epochs=2, learning_rate=1e-3)
    examples = examples_of(model, tuner, *rows(24))
    held_out = examples_of(model, tuner, *rows(12, seed=4))
    first, again = network_of(model, tuner), network_of(model, tuner, seed=1)
    assert loop(tmp_path, tuner, first, examples, held_out) == loop(
        tmp_path, tuner, again, examples, held_out
    )
    torch.testing.assert_close(first.state_dict(), again.state_dict(), rtol=0, atol=0)

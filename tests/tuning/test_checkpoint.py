"""A run that is killed goes on, and ends as if it had not been."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from langalign.errors import DamageError, DataError
from langalign.tuning._checkpoint import BEST, STATE, Checkpoint, State, refuse_other
from langalign.tuning._loop import make_optimizer
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
        assert (killed.folder / file).read_bytes() == (whole.folder / file).read_bytes()
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


def test_optimiser_and_dropout_go_on_where_they_were(model: Path, tmp_path: Path) -> None:
    tuner = FullTuner()
    network, other = network_of(model, tuner), network_of(model, tuner, seed=1)
    optimizer, fresh = make_optimizer(tuner, network), make_optimizer(tuner, other)
    checkpoint = Checkpoint(tmp_path, {"seed": 0})
    for parameter in network.trained().values():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    with torch.random.fork_rng():
        torch.manual_seed(7)
        torch.rand(3)
        state = State(epoch=1, step=2, loss_sum=0.1 + 0.2, best_epoch=1, seconds=3.5, history=[{"epoch": 1}])
        checkpoint.save(state, network, optimizer)
        wanted = torch.rand(5)
        torch.manual_seed(8)
        assert checkpoint.resume(other, fresh) == state
        torch.testing.assert_close(torch.rand(5), wanted, rtol=0, atol=0)
    torch.testing.assert_close(network.state_dict(), other.state_dict(), rtol=0, atol=0)
    torch.testing.assert_close(
        dict(optimizer.state_dict()["state"]), dict(fresh.state_dict()["state"]), rtol=0, atol=0
    )


def test_a_damaged_checkpoint_is_told(model: Path, tmp_path: Path) -> None:
    network = network_of(model, FullTuner())
    (tmp_path / STATE).write_bytes(b"no safetensors")
    with pytest.raises(DamageError, match=rf"{STATE} cannot be read: .*; delete {tmp_path} and begin again"):
        Checkpoint(tmp_path, {}).resume(network, make_optimizer(FullTuner(), network))


def test_the_best_weights_are_kept_apart(model: Path, tmp_path: Path) -> None:
    checkpoint, network = Checkpoint(tmp_path, {}), network_of(model, FullTuner())
    checkpoint.keep_best(network)
    kept = {name: value.detach().clone() for name, value in network.trained().items()}
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
    checkpoint.restore_best(network)
    torch.testing.assert_close(dict(network.trained()), kept, rtol=0, atol=0)
    torch.testing.assert_close(load_file(tmp_path / BEST), kept, rtol=0, atol=0)


def test_another_run_is_refused_by_its_first_difference() -> None:
    refuse_other({"seed": 0, "rate": 0.1}, {"rate": 0.1, "seed": 0}, "it was begun")
    with pytest.raises(DataError, match=r"it was begun with rate=0\.1, but this run has rate=0\.2; repeat"):
        refuse_other({"rate": 0.1, "seed": 0}, {"rate": 0.2, "seed": 1}, "it was begun")
    with pytest.raises(DataError, match="it was begun with rank=8, but this run has rank=None"):
        refuse_other({"seed": 0, "rank": 8}, {"seed": 0}, "it was begun")

"""A state is whole after a kill at any moment, and serves its own run only."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from langalign.errors import DamageError, DataError, StoreError
from langalign.training.run_state import STATE, Position, RunState, refuse_other, trained
from tests.training.killable import RUN, parts, run, total

ROOT = Path(__file__).parents[2]
MANY = 100_000


def start_and_kill(folder: Path, epochs: int, delay: float) -> int:
    """Kill a run a moment after it has told of some epochs; give the last it told."""
    command = [sys.executable, "-m", "tests.training.killable", str(folder), str(MANY)]
    job = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert job.stdout is not None
    told = [int(job.stdout.readline()) for _ in range(epochs)]
    time.sleep(delay)
    job.send_signal(signal.SIGKILL)
    return int(([str(told[-1]), *job.communicate()[0].split("\n")[:-1]])[-1])


def test_a_kill_at_any_moment_leaves_a_whole_state_that_is_gone_on_from(tmp_path: Path) -> None:
    delays = np.random.default_rng(0).uniform(0, 0.02, 2)
    for delay in delays:
        told = start_and_kill(tmp_path / "killed", 5, delay)
        network, optimizer = parts()
        with torch.random.fork_rng():
            position = RunState(tmp_path / "killed", RUN).resume(network, optimizer)
        assert position.epoch in (told, told + 1)
        assert total(network) == position.history[-1]["total"]
        RunState(tmp_path / "killed", RUN).restore_best(network, position.best_epoch)
        assert position.best_epoch == position.epoch - position.epoch % 3
        assert total(network) == position.history[position.best_epoch - 1]["total"]
    epochs = position.epoch + 10
    resumed, weights = run(tmp_path / "killed", epochs)
    whole, expected = run(tmp_path / "whole", epochs)
    assert resumed == whole
    assert torch.equal(weights, expected)
    best = {path.name for path in (tmp_path / "killed").glob("best-*")}
    assert best == {f"best-{resumed.best_epoch}.safetensors"}


def test_moments_random_state_and_position_come_back(tmp_path: Path) -> None:
    network, optimizer = parts()
    other, fresh = parts()
    for parameter in network.parameters():
        parameter.grad = torch.ones_like(parameter)
    optimizer.step()
    position = Position(epoch=1, step=2, loss_sum=0.1 + 0.2, best_epoch=1, seconds=3.5, history=[{"a": 1.0}])
    with torch.random.fork_rng():
        torch.manual_seed(7)
        torch.rand(3)
        RunState(tmp_path, RUN).save(position, network, optimizer)
        wanted = torch.rand(5)
        torch.manual_seed(8)
        assert RunState(tmp_path, RUN).resume(other, fresh) == position
        assert torch.equal(torch.rand(5), wanted)
    torch.testing.assert_close(network.state_dict(), other.state_dict(), rtol=0, atol=0)
    torch.testing.assert_close(
        dict(optimizer.state_dict()["state"]), dict(fresh.state_dict()["state"]), rtol=0, atol=0
    )


def test_what_is_not_trained_is_neither_kept_nor_touched(tmp_path: Path) -> None:
    network, optimizer = parts()
    other, fresh = parts()
    for one in (network, other):
        one[0].requires_grad_(False)
    assert set(trained(network)) == {"2.weight", "2.bias"}
    untouched = other[0].weight.clone()
    with torch.random.fork_rng():
        RunState(tmp_path, RUN).save(Position(), network, optimizer)
        RunState(tmp_path, RUN).resume(other, fresh)
    assert torch.equal(other[0].weight, untouched)
    assert torch.equal(other[2].weight, network[2].weight)


def test_shared_weights_are_kept_once(tmp_path: Path) -> None:
    layer = nn.Linear(4, 4)
    network = nn.Sequential(layer, layer)
    RunState(tmp_path, RUN).keep_best(network, 1)
    kept = layer.weight.detach().clone()
    nn.init.zeros_(layer.weight)
    RunState(tmp_path, RUN).restore_best(network, 1)
    assert torch.equal(layer.weight, kept)


def test_a_file_that_cannot_be_read_is_one_line(tmp_path: Path) -> None:
    state = RunState(tmp_path, RUN)
    (tmp_path / STATE).write_bytes(b"no safetensors")
    with pytest.raises(DamageError, match=rf"{STATE} cannot be read: .*; delete {tmp_path} and begin again"):
        state.resume(*parts())
    with pytest.raises(DamageError, match=r"best-3\.safetensors cannot be read: .*; delete"):
        state.restore_best(parts()[0], 3)


def test_a_file_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot write .*best-1\.safetensors"):
        RunState(tmp_path / "file" / "below", RUN).keep_best(parts()[0], 1)


def test_nothing_is_left_when_the_run_is_done(tmp_path: Path) -> None:
    state = RunState(tmp_path / "state", RUN)
    state.save(Position(), *parts())
    state.remove()
    assert not (tmp_path / "state").exists()
    with torch.random.fork_rng():
        assert state.resume(*parts()) == Position()


def test_the_state_of_another_run_is_refused(tmp_path: Path) -> None:
    RunState(tmp_path, RUN).save(Position(), *parts())
    other = {**RUN, "options": {"rate": 0.02, "decay": 0.1}}
    with pytest.raises(DataError, match=rf"^{tmp_path} was begun with options\.rate=0\.01, but this run has"):
        RunState(tmp_path, other).resume(*parts())


def test_another_run_is_refused_by_its_first_difference() -> None:
    refuse_other({"seed": 0, "rate": 0.1}, {"rate": 0.1, "seed": 0}, "it was begun")
    with pytest.raises(DataError, match=r"it was begun with rate=0\.1, but this run has rate=0\.2; repeat"):
        refuse_other({"rate": 0.1, "seed": 0}, {"rate": 0.2, "seed": 1}, "it was begun")
    with pytest.raises(DataError, match="it was begun with rank=8, but this run has rank=None"):
        refuse_other({"seed": 0, "rank": 8}, {"seed": 0}, "it was begun")

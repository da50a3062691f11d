"""What a killed run goes on from: weights, optimiser, random state and place, in one file.

One safetensors file holds all of it, the plain figures as JSON in its header, so that it is written whole
or not at all. The best weights so far lie in a file of their own. A checkpoint says which run it belongs
to, and no other run takes it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from langalign.durable import replacing
from langalign.errors import DamageError, DataError, StoreError
from langalign.tuning._network import Network

STATE, BEST = "state.safetensors", "best.safetensors"


@dataclass
class State:
    """How far a run has come.

    :param epoch: Epochs finished.
    :param step: Updates done in the epoch under way.
    :param loss_sum: Sum of the losses of that epoch's rows so far.
    :param best_epoch: The epoch whose weights are kept; 0 before the first.
    :param seconds: Time spent, over all the processes that worked on it.
    :param history: One entry for each epoch.
    """

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    best_epoch: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


class Checkpoint:
    """Keeps the state of one run in a folder."""

    def __init__(self, folder: Path, run: Mapping[str, Any]) -> None:
        """Take the folder; nothing is read yet.

        :param folder: Where the files are or shall be.
        :param run: Whatever decides the outcome, as plain JSON types.
        """
        self._folder, self._run = folder, dict(run)

    def save(self, state: State, network: Network, optimizer: torch.optim.Optimizer) -> None:
        """Write down where the run is.

        :param state: How far it has come.
        :param network: Of its parameters those that are trained are kept.
        :param optimizer: Its moments are kept.
        :raises StoreError: If the file cannot be written; the one before stands.
        """
        tensors = {f"network.{name}": value.detach() for name, value in network.trained().items()}
        for number, moments in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": value for name, value in moments.items()}
        tensors |= {f"random.{name}": value for name, value in _random_state(network).items()}
        self._write(STATE, tensors, {"run": json.dumps(self._run), "state": json.dumps(asdict(state))})

    def resume(self, network: Network, optimizer: torch.optim.Optimizer) -> State:
        """Bring network, optimiser and random state to where the run was, if there was one.

        :param network: Gets the weights.
        :param optimizer: Gets its moments.
        :return: How far the run had come; a fresh state if there was none.
        :raises DataError: If the checkpoint belongs to another run.
        :raises DamageError: If its file cannot be read.
        """
        if not (self._folder / STATE).is_file():
            return State()
        tensors, told = self._read(STATE)
        refuse_other(json.loads(told["run"]), self._run, f"{self._folder} was begun")
        _restore(network, _under("network.", tensors))
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in _under("optimizer.", tensors).items():
            number, _, name = key.partition(".")
            moments.setdefault(int(number), {})[name] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
        _set_random_state(network, _under("random.", tensors))
        return State(**json.loads(told["state"]))

    def keep_best(self, network: Network) -> None:
        """Write down the weights as the best so far."""
        self._write(BEST, {name: value.detach() for name, value in network.trained().items()}, {})

    def restore_best(self, network: Network) -> None:
        """Give the network back the best weights."""
        _restore(network, self._read(BEST)[0])

    def remove(self) -> None:
        """Delete the files, as the run is done."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, name: str, tensors: Mapping[str, Tensor], told: dict[str, str]) -> None:
        contiguous = {key: value.contiguous() for key, value in tensors.items()}
        try:
            with replacing(self._folder / name) as temporary:
                save_file(contiguous, temporary, metadata=told)
        except SafetensorError as error:  # how it reports a full disk
            raise StoreError(
                f"cannot write {self._folder / name}: {error}; free space and run again"
            ) from error

    def _read(self, name: str) -> tuple[dict[str, Tensor], dict[str, str]]:
        try:
            with safe_open(self._folder / name, framework="pt") as file:
                return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118  # no dict
        except (SafetensorError, OSError) as error:
            raise DamageError(
                f"{self._folder / name} cannot be read: {error}; delete {self._folder} and begin again"
            ) from error


def refuse_other(found: Mapping[str, Any], wanted: Mapping[str, Any], what: str) -> None:
    """Refuse to go on with what another run left.

    :param found: What decided that run.
    :param wanted: What decides this one.
    :param what: Begins the message: what was found, and what the run did with it.
    :raises DataError: If they differ, naming the first difference.
    """
    for name in dict.fromkeys((*wanted, *found)):
        if found.get(name) != wanted.get(name):
            raise DataError(
                f"{what} with {name}={found.get(name)}, but this run has {name}={wanted.get(name)}; "
                "repeat the first command to go on, or choose another --out"
            )


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def _restore(network: Network, weights: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in network.trained().items():
            parameter.copy_(weights[name])


def _random_state(network: Network) -> dict[str, Tensor]:
    """Read the generators that dropout draws from."""
    device = network.device
    state = {"cpu": torch.get_rng_state()}
    return state if device.type == "cpu" else {**state, "cuda": torch.cuda.get_rng_state(device)}


def _set_random_state(network: Network, state: Mapping[str, Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], network.device)

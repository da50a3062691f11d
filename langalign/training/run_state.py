"""What a killed run goes on from: weights, optimiser, random state and position, in one file.

One safetensors file holds all of it, the plain figures as JSON in its header, so that it is written whole
or not at all. The best weights so far lie in a file of their own, which the state names: it is written
before the state, and the older one is deleted after it, so a kill at any instant leaves a state that is
whole. A state says which run it belongs to, and no other run takes it.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor, nn
from typing_extensions import Self

from langalign.durable import replacing
from langalign.errors import DamageError, DataError

STATE = "state.safetensors"
_BEST = "best-{}.safetensors"


@dataclass
class Position:
    """How far a run has come.

    :param epoch: Epochs finished.
    :param step: Updates done in the epoch under way.
    :param loss_sum: Sum of the losses of that epoch's rows so far.
    :param best_epoch: The best of the finished epochs; 0 before the first.
    :param seconds: Time spent, over all the processes that worked on it.
    :param history: One entry for each epoch.
    """

    epoch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    best_epoch: int = 0
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


class RunState:
    """Keeps the state of one run in a folder."""

    def __init__(self, folder: Path, run: Mapping[str, Any]) -> None:
        """Take the folder; nothing is read yet.

        :param folder: Where the files are or shall be.
        :param run: Whatever decides the outcome, as plain JSON types.
        """
        self.folder, self._run = folder, dict(run)

    @classmethod
    def beside(cls, out: Path, run: Mapping[str, Any]) -> Self:
        """Keep the state beside what the run makes: in ``OUT.unfinished``.

        :param out: What the run makes.
        :param run: Whatever decides the outcome, as plain JSON types.
        :return: The state; nothing is read yet.
        """
        return cls(out.with_name(f"{out.name}.unfinished"), run)

    def save(self, position: Position, network: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Write down where the run is.

        :param position: How far it has come.
        :param network: Of its parameters those that are trained are kept.
        :param optimizer: Its moments are kept.
        :raises StoreError: If the file cannot be written; the one before stands.
        """
        tensors: dict[str, Tensor] = {f"network.{name}": value for name, value in trained(network).items()}
        for number, moments in optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{number}.{name}": value for name, value in moments.items()}
        tensors |= {f"random.{name}": value for name, value in _random_state(network).items()}
        told = {"run": json.dumps(self._run), "position": json.dumps(asdict(position))}
        self._write(STATE, tensors, told)
        for best in self.folder.glob(_BEST.format("*")):
            if best.name != _BEST.format(position.best_epoch):
                best.unlink()

    def resume(self, network: nn.Module, optimizer: torch.optim.Optimizer) -> Position:
        """Bring network, optimiser and random state to where the run was, if there was one.

        :param network: Gets the weights.
        :param optimizer: Gets its moments.
        :return: How far the run had come; the very beginning if there was none.
        :raises DataError: If the state belongs to another run.
        :raises DamageError: If its file cannot be read.
        """
        if not (self.folder / STATE).is_file():
            return Position()
        tensors, told = self._read(STATE)
        refuse_other(json.loads(told["run"]), self._run, f"{self.folder} was begun")
        _restore(network, _under("network.", tensors))
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in _under("optimizer.", tensors).items():
            number, _, name = key.partition(".")
            moments.setdefault(int(number), {})[name] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
        _set_random_state(network, _under("random.", tensors))
        return Position(**json.loads(told["position"]))

    def keep_best(self, network: nn.Module, epoch: int) -> None:
        """Write down the weights as the best so far; they count from the next :meth:`save` on.

        :param network: Its trained parameters are kept.
        :param epoch: The epoch that ended with them.
        :raises StoreError: If the file cannot be written.
        """
        self._write(_BEST.format(epoch), trained(network), {})

    def restore_best(self, network: nn.Module, epoch: int) -> None:
        """Give the network back the best weights.

        :param network: Gets them.
        :param epoch: The epoch they were kept for.
        :raises DamageError: If the file cannot be read.
        """
        _restore(network, self._read(_BEST.format(epoch))[0])

    def remove(self) -> None:
        """Delete the folder, as the run is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _write(self, name: str, tensors: Mapping[str, Tensor], told: dict[str, str]) -> None:
        contiguous = {key: value.detach().contiguous() for key, value in tensors.items()}
        with replacing(self.folder / name) as temporary:
            save_file(contiguous, temporary, metadata=told)

    def _read(self, name: str) -> tuple[dict[str, Tensor], dict[str, str]]:
        try:
            with safe_open(self.folder / name, framework="pt") as file:
                return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118  # no dict
        except (SafetensorError, OSError) as error:
            raise DamageError(
                f"{self.folder / name} cannot be read: {error}; delete {self.folder} and begin again"
            ) from error


def trained(network: nn.Module) -> dict[str, nn.Parameter]:
    """Tell the parameters that are trained, by name; one that layers share is told once.

    :param network: Any network.
    :return: Its parameters that get a gradient.
    """
    return {name: value for name, value in network.named_parameters() if value.requires_grad}


def refuse_other(found: Mapping[str, Any], wanted: Mapping[str, Any], what: str) -> None:
    """Refuse to go on with what another run left.

    :param found: What decided that run.
    :param wanted: What decides this one.
    :param what: Begins the message: what was found, and what the run did with it.
    :raises DataError: If they differ, naming the first difference.
    """
    there, here = dict(_flat(found)), dict(_flat(wanted))
    for name in dict.fromkeys((*here, *there)):
        if there.get(name) != here.get(name):
            raise DataError(
                f"{what} with {name}={there.get(name)}, but this run has {name}={here.get(name)}; "
                "repeat the first command to go on, or choose another --out"
            )


def _flat(run: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in run.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {key.removeprefix(prefix): value for key, value in tensors.items() if key.startswith(prefix)}


def _restore(network: nn.Module, weights: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in trained(network).items():
            parameter.copy_(weights[name])


def _random_state(network: nn.Module) -> dict[str, Tensor]:
    """Read the generators that dropout draws from."""
    device = _device(network)
    state = {"cpu": torch.get_rng_state()}
    return state if device.type == "cpu" else {**state, "cuda": torch.cuda.get_rng_state(device)}


def _set_random_state(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    torch.set_rng_state(state["cpu"])
    if "cuda" in state:
        torch.cuda.set_rng_state(state["cuda"], _device(network))


def _device(network: nn.Module) -> torch.device:
    return next(network.parameters()).device

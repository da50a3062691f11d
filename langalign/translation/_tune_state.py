"""What a killed tuning goes on from: weights, optimiser and place after each epoch, as safetensors.

The state is one file, which names the file of the best weights; that one is written before it, and the
older one deleted after it, so a kill at any instant leaves a state that is whole.
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
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from langalign.durable import replacing
from langalign.errors import DamageError, DataError, StoreError

_STATE = "state.safetensors"


@dataclass
class Place:
    """How far a run has come.

    :param epoch: Epochs finished.
    :param best_epoch: The best of them; 0 before the first.
    :param done: Whether no more are to come.
    :param seconds: Time spent, over all the processes that worked on it.
    :param history: One entry for each epoch.
    """

    epoch: int = 0
    best_epoch: int = 0
    done: bool = False
    seconds: float = 0.0
    history: list[dict[str, float]] = field(default_factory=list)


class TuneState:
    """Keeps the state of one run in a folder."""

    def __init__(self, folder: Path, run: Mapping[str, Any]) -> None:
        """Take the folder; nothing is read yet.

        :param folder: Where the files are or shall be.
        :param run: Whatever decides the outcome, as plain JSON types.
        """
        self.folder, self._run = folder, json.dumps(run, sort_keys=True)

    def resume(self, model: nn.Module, optimizer: torch.optim.Optimizer) -> Place:
        """Bring model and optimiser to where the run was, if there was one.

        :param model: Gets the weights.
        :param optimizer: Gets its moments.
        :return: How far the run had come.
        :raises DataError: If the folder belongs to another run.
        :raises DamageError: If its file cannot be read.
        """
        path = self.folder / _STATE
        if not path.is_file():
            return Place()
        try:
            tensors = load_file(path)
            with safe_open(path, framework="pt") as file:
                told = file.metadata() or {}
        except (SafetensorError, OSError) as error:
            raise DamageError(
                f"{path} cannot be read: {error}; delete {self.folder} and begin again"
            ) from error
        if told["run"] != self._run:
            raise DataError(
                f"{self.folder} was begun with another model, other pairs or options; delete it to begin "
                "anew, or choose another --out"
            )
        _restore(model, {key[2:]: value for key, value in tensors.items() if key.startswith("w.")})
        moments: dict[int, dict[str, Tensor]] = {}
        for key, value in tensors.items():
            kind, number, name = (*key.split(".", 2), "")[:3]
            if kind == "o":
                moments.setdefault(int(number), {})[name] = value
        optimizer.load_state_dict({**optimizer.state_dict(), "state": moments})
        return Place(**json.loads(told["place"]))

    def save(self, place: Place, model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
        """Write an epoch down.

        :param place: How far the run has come; if this epoch is the best, its weights are kept as well.
        :param model: The model.
        :param optimizer: Its optimiser.
        :raises StoreError: If a file cannot be written; the state before stands.
        """
        weights = _weights(model)
        if place.best_epoch == place.epoch:
            self._write(self._best(place).name, weights, {})
        tensors = {f"w.{name}": value for name, value in weights.items()}
        for number, moments in optimizer.state_dict()["state"].items():
            tensors |= {f"o.{number}.{name}": value for name, value in moments.items()}
        self._write(_STATE, tensors, {"run": self._run, "place": json.dumps(asdict(place))})
        for older in self.folder.glob("best-*.safetensors"):
            if older != self._best(place):
                older.unlink()

    def restore_best(self, place: Place, model: nn.Module) -> None:
        """Give the model the weights of its best epoch."""
        if place.best_epoch:
            _restore(model, load_file(self._best(place)))

    def remove(self) -> None:
        """Delete the folder, as the run is done."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _best(self, place: Place) -> Path:
        return self.folder / f"best-{place.best_epoch}.safetensors"

    def _write(self, name: str, tensors: Mapping[str, Tensor], told: dict[str, str]) -> None:
        whole = {key: value.detach().contiguous() for key, value in tensors.items()}
        try:
            with replacing(self.folder / name) as temporary:
                save_file(whole, temporary, metadata=told)
        except SafetensorError as error:  # how it reports a full disk
            raise StoreError(
                f"cannot write {self.folder / name}: {error}; free space and run again"
            ) from error


def _weights(model: nn.Module) -> dict[str, Tensor]:
    """Name each parameter once, however many layers share it."""
    return dict(model.named_parameters())


def _restore(model: nn.Module, weights: Mapping[str, Tensor]) -> None:
    with torch.no_grad():
        for name, parameter in _weights(model).items():
            parameter.copy_(weights[name])

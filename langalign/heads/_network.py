"""What heads that are small networks share: the recipe of their training, and their state."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from langalign.errors import ShapeError
from langalign.heads._labels import Targets
from langalign.heads.base import Head, Run
from langalign.training.label_kind import REGRESSION
from langalign.training.loop import Examples, Loss, train
from langalign.training.recipe import Recipe
from langalign.training.seeding import seeded
from langalign.types import Option, Vectors

PAPER: Mapping[str, Option] = {
    "optimizer": "adamw",
    "learning_rate": 1e-4,
    "batch_size": 16,
    "epochs": 1000,
    "patience": 10,
    "standardise": False,
}
"""How the paper trains a task head (its Table 2); it names no largest number of epochs."""


class Standardise(nn.Module):
    """Moves vectors to mean 0 and mean variance 1: ``(x − centre) · scale``.

    One scale serves all columns, since a scale for each would blow up the columns that hardly vary.
    """

    centre: Tensor
    scale: Tensor

    def __init__(self, width: int) -> None:
        """Change nothing yet.

        :param width: ``D``.
        """
        super().__init__()
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("scale", torch.ones(()))

    def learn(self, vectors: Vectors) -> None:
        """Take centre and scale from vectors; where all are alike the scale stays 1.

        :param vectors: Shape: ``(N, D)``.
        """
        spread = float(np.sqrt(vectors.var(axis=0, dtype=np.float64).mean()))
        self.centre.copy_(torch.from_numpy(vectors.mean(axis=0, dtype=np.float64)))
        self.scale.fill_(1 / spread if spread > np.finfo(np.float32).tiny else 1)

    def forward(self, vectors: Tensor) -> Tensor:
        """Move vectors. Shape: ``(N, D)``."""
        return (vectors - self.centre) * self.scale


@dataclass(kw_only=True)
class NetworkHead(Head):
    """Trains a network: by cross-entropy for classes, by squared error for standardised scores.

    A subclass writes :meth:`_build`. The arrays in :meth:`state` bear the names of the network's
    ``state_dict``.
    """

    optimizer: str = "adamw"
    """``adamw`` or ``adam``, with torch's own defaults."""

    learning_rate: float = 1e-3
    """Rate of the first epoch."""

    schedule: str = "constant"
    """``constant``, or ``cosine``: the rate falls to zero over ``epochs``."""

    batch_size: int = 64
    """Rows in a batch."""

    epochs: int = 200
    """The most passes over the rows."""

    patience: int = 5
    """Epochs without a better validation loss after which training stops."""

    standardise: bool = True
    """Whether vectors are first moved to mean 0 and mean variance 1."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {"default": {}, "paper": PAPER}

    network_: nn.Module = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        Recipe.of(self)

    @abstractmethod
    def _build(self, width: int, outputs: int) -> nn.Module:
        """Build the network with fresh weights: ``(N, D)`` to ``(N, outputs)``."""

    def _fit(self, vectors: Vectors, targets: Targets, run: Run) -> None:
        with seeded(run.seed, run.device):
            standard = Standardise(vectors.shape[1])
            if self.standardise:
                standard.learn(vectors)
            network = nn.Sequential(standard, self._build(vectors.shape[1], self.task_.outputs))
            history = train(
                network,
                self._loss(targets),
                _examples(vectors, targets),
                None if run.validation is None else _examples(*run.validation),
                Recipe.of(self),
                seed=run.seed,
                device=run.device,
                progress=run.progress,
            )
        self.network_, self.history_ = network.cpu(), tuple(history)

    def _loss(self, targets: Targets) -> Loss:
        if self.task_.kind == REGRESSION:
            return lambda outputs, scores: functional.mse_loss(outputs[:, 0], scores)
        weights = self._weights(targets)
        by_class = None if weights is None else torch.from_numpy(weights)

        def loss(outputs: Tensor, codes: Tensor) -> Tensor:
            weight = None if by_class is None else by_class.to(outputs.device)
            return functional.cross_entropy(outputs, codes, weight=weight, reduction="none").mean()

        return loss

    def _outputs(self, vectors: Vectors) -> NDArray[Any]:
        with torch.inference_mode():
            outputs: NDArray[Any] = self.network_(torch.from_numpy(vectors)).numpy()
        return outputs

    def state(self) -> dict[str, NDArray[Any]]:
        """Give the network's ``state_dict`` as arrays."""
        self.require_fitted()
        return {name: value.numpy() for name, value in self.network_.state_dict().items()}

    def _restore(self, state: Mapping[str, NDArray[Any]], width: int) -> None:
        with torch.device("meta"):  # no weights are drawn that would be thrown away
            network = nn.Sequential(Standardise(width), self._build(width, self.task_.outputs))
        wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
        found = {name: array.shape for name, array in state.items()}
        if wanted != found:
            raise ShapeError(f"the weights have shapes {found}, but width and labels ask for {wanted}")
        network.load_state_dict({name: torch.tensor(array) for name, array in state.items()}, assign=True)
        self.network_ = network.eval()


def _examples(vectors: Vectors, targets: Targets) -> Examples:
    return Examples(torch.from_numpy(vectors), torch.from_numpy(targets))

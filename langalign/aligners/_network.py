"""What the aligners that are trained step by step have in common."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn.functional import mse_loss

from langalign.aligners._examples import read_examples
from langalign.aligners._frame import Frame
from langalign.aligners.base import Aligner, Run, pick
from langalign.training.loop import Examples, train
from langalign.training.recipe import Recipe
from langalign.training.seeding import seeded
from langalign.types import Option, Rows, Vectors

PAPER: Mapping[str, Option] = {
    "keep_target": True,
    "optimizer": "adamw",
    "learning_rate": 1e-5,
    "schedule": "constant",
    "batch_size": 16,
    "epochs": 1000,
    "patience": 10,
    "standardise": False,
}
"""How the paper trains (its Table 2); it names no largest number of epochs."""

LISTING: Mapping[str, Option] = {**PAPER, "optimizer": "adam", "learning_rate": 1e-4}
"""How the paper's listings train."""


@dataclass(kw_only=True)
class NetworkAligner(Aligner):
    """Trains a network to minimise the mean squared error between ``A(x)`` and ``y``.

    A subclass writes :meth:`_build`. The arrays in :meth:`state` bear the names of the network's
    ``state_dict``.
    """

    keep_target: bool | None = None
    """Give each pair as two examples; by default where the widths are equal. The second shows a network
    more of the target side: without it, it generalises worse."""

    optimizer: str = "adamw"
    """``adamw`` or ``adam``, with torch's own defaults."""

    learning_rate: float = 5e-4
    """Rate of the first epoch."""

    schedule: str = "cosine"
    """``constant``, or ``cosine``: the rate falls to zero over ``epochs``."""

    batch_size: int = 128
    """Examples in a batch."""

    epochs: int = 40
    """The most passes over the examples."""

    patience: int = 10
    """Epochs without a better validation loss after which training stops."""

    standardise: bool = True
    """Train on centred, scaled vectors; the saved network takes vectors as they are all the same."""

    network_: nn.Module = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the options."""
        Recipe.of(self)

    @abstractmethod
    def _build(self, source_width: int, target_width: int) -> nn.Module:
        """Build the network with fresh weights."""

    def _fit(self, source: Rows, target: Rows, run: Run) -> None:
        examples = self._examples(source, target, run.keep_target)
        held_out = run.validation
        validation = None if held_out is None else self._examples(*held_out, run.keep_target)
        frame = self._frame(examples) if self.standardise else None
        if frame is not None:
            examples = frame.enter(examples)
            validation = None if validation is None else frame.enter(validation)
        with seeded(run.seed, run.device):
            network = self._build(source.shape[1], target.shape[1])
            history = train(
                network,
                mse_loss,
                examples,
                validation,
                Recipe.of(self),
                seed=run.seed,
                device=run.device,
                progress=run.progress,
            )
        self.network_, self.history_ = network.cpu(), tuple(history)
        if frame is not None:
            frame.fold(self.network_)
            self.history_ = tuple(frame.leave(epoch) for epoch in history)

    def _examples(self, source: Rows, target: Rows, keep_target: bool) -> Examples:
        return read_examples(source, target, keep_target)

    def _frame(self, examples: Examples) -> Frame:
        return Frame.around(examples, centre_targets=True)

    def _transform(self, vectors: Vectors) -> NDArray[Any]:
        with torch.inference_mode():
            return np.asarray(self.network_(torch.tensor(vectors)))

    def state(self) -> dict[str, NDArray[Any]]:
        """Give the network's ``state_dict`` as arrays."""
        self.widths()
        return {name: value.numpy() for name, value in self.network_.state_dict().items()}

    def _restore(self, state: Mapping[str, NDArray[Any]], source_width: int, target_width: int) -> None:
        with torch.device("meta"):  # no weights are drawn that would be thrown away
            network = self._build(source_width, target_width)
        wanted = {name: tuple(value.shape) for name, value in network.state_dict().items()}
        arrays = {name: torch.tensor(pick(state, name, shape)) for name, shape in wanted.items()}
        network.load_state_dict(arrays, assign=True)
        self.network_ = network.eval()

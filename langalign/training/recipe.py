"""How to train: optimiser, rate, batch size, and when to stop."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import nn

from langalign.errors import SpecError

OPTIMIZERS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}
SCHEDULES = ("constant", "cosine")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Hold the choices of one training run.

    :param optimizer: ``adamw`` or ``adam``, with torch's own defaults.
    :param learning_rate: Rate of the first epoch.
    :param schedule: ``constant``, or ``cosine``: falling to zero over ``epochs``, epoch by epoch.
    :param batch_size: Examples in a batch, ``B``; the last batch of an epoch may be smaller.
    :param epochs: The most passes over the examples.
    :param patience: Epochs without a better validation loss after which training stops.
    :raises SpecError: If a choice is unknown or a number is not above zero.
    """

    optimizer: str = "adamw"
    learning_rate: float = 1e-3
    schedule: str = "constant"
    batch_size: int = 256
    epochs: int = 100
    patience: int = 10

    def __post_init__(self) -> None:
        """Check the choices."""
        for name, value, choices in (
            ("optimizer", self.optimizer, tuple(OPTIMIZERS)),
            ("schedule", self.schedule, SCHEDULES),
        ):
            if value not in choices:
                raise SpecError(f"{name}={value} is unknown; choose one of: {', '.join(choices)}")
        for name in ("learning_rate", "batch_size", "epochs", "patience"):
            if not getattr(self, name) > 0:
                raise SpecError(f"{name}={getattr(self, name)} must be above zero")

    def make_optimizer(self, parameters: Iterable[nn.Parameter]) -> torch.optim.Optimizer:
        """Build the optimiser; ``fused`` updates all weights in one pass over memory."""
        optimizer: torch.optim.Optimizer = OPTIMIZERS[self.optimizer](
            parameters, lr=self.learning_rate, fused=True
        )
        return optimizer

    def set_rate(self, optimizer: torch.optim.Optimizer, epoch: int) -> None:
        """Set the learning rate of an epoch, counted from 1."""
        if self.schedule == "cosine":
            share = (1 + math.cos(math.pi * (epoch - 1) / self.epochs)) / 2
            for group in optimizer.param_groups:
                group["lr"] = self.learning_rate * share

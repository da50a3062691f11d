"""How to train: optimiser, rate, batch size, and when to stop."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

from typing_extensions import Self

from langalign.option_checks import require_choice, require_positive
from langalign.training.optimizer import OPTIMIZERS

SCHEDULES = ("constant", "cosine")


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Hold the choices of one training run.

    :param optimizer: ``adamw`` or ``adam``, with torch's defaults.
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
            ("optimizer", self.optimizer, OPTIMIZERS),
            ("schedule", self.schedule, SCHEDULES),
        ):
            require_choice(name, value, choices)
        for name in ("learning_rate", "batch_size", "epochs", "patience"):
            require_positive(name, getattr(self, name))

    @classmethod
    def of(cls, part: Any) -> Self:
        """Take the choices from a part that has fields of the same names.

        :param part: Such as an aligner or a head.
        :return: Its recipe.
        :raises SpecError: If a choice is unknown or a number is not above zero.
        """
        return cls(**{field.name: getattr(part, field.name) for field in fields(cls)})

    def rate(self, epoch: int) -> float:
        """Give the learning rate of an epoch, counted from 1."""
        if self.schedule == "constant":
            return self.learning_rate
        return self.learning_rate * (1 + math.cos(math.pi * (epoch - 1) / self.epochs)) / 2

"""Full fine-tuning: every weight of the transformer is trained, with a task head on top."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from langalign.tuning._classifier import ClassifierTuner
from langalign.types import Option


@dataclass(kw_only=True)
class FullTuner(ClassifierTuner):
    """Trains all weights by cross-entropy of the classes.

    ``paper`` is the row of task training in Table 2 of the LangAlign paper. It names neither a schedule
    nor a largest number of epochs, so the rate stays and early stopping ends it. Its rate of 1e-4 is high
    for a whole transformer; should the loss stay where it began, lower it.
    """

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {
        "default": {},
        "paper": {
            "learning_rate": 1e-4,
            "schedule": "constant",
            "warmup": 0.0,
            "batch_size": 16,
            "epochs": 1000,
            "patience": 10,
            "pooling": "cls",
        },
    }

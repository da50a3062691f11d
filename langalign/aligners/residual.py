"""Residual aligner: a small network that learns only what has to change.

It starts exactly at the identity, where a multilingual encoder has already put translations near each
other, so a few epochs on a few pairs cannot throw away what the encoder knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from langalign import registry
from langalign.aligners._frame import Frame
from langalign.aligners._network import NetworkAligner
from langalign.aligners.base import Aligner, Run
from langalign.option_checks import require_least
from langalign.training.loop import Examples
from langalign.types import Rows, Vectors

_START = "start."


@dataclass(kw_only=True)
class ResidualAligner(NetworkAligner):
    """Adds a network's output to where the vector starts: ``A(x) = S(x) + B ReLU(W x + b) + c``.

    ``S`` is the identity; where the widths differ it is the ``linear`` aligner, fitted on the same pairs
    and then left alone. ``B`` and ``c`` are zero before training, so training starts at ``S``. In the
    saved weights the layers are ``0`` and ``2``, each with ``weight`` and ``bias``; the arrays of ``S``,
    where it has any, begin with ``start.``.
    """

    hidden_width: int = 1024
    """Rows of ``W``."""

    start_: Aligner = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        require_least("hidden_width", self.hidden_width, 1)

    def _fit(self, source: Rows, target: Rows, run: Run) -> None:
        self.start_ = _start(source.shape[1], target.shape[1])
        self.start_.fit(source, target, validation=run.validation, seed=run.seed)
        super()._fit(source, target, run)

    def _build(self, source_width: int, target_width: int) -> nn.Module:
        last = nn.Linear(self.hidden_width, target_width)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)
        return nn.Sequential(nn.Linear(source_width, self.hidden_width), nn.ReLU(), last)

    def _examples(self, source: Rows, target: Rows, keep_target: bool) -> Examples:
        """Give what is left to learn, ``x → y − S(x)``."""
        examples = super()._examples(source, target, keep_target)
        start = torch.from_numpy(self.start_.transform(examples.inputs.numpy()))  # (N, E)
        return Examples(examples.inputs, examples.targets - start)

    def _frame(self, examples: Examples) -> Frame:
        # A centred target would let training start at a shift rather than at S.
        return Frame.around(examples, centre_targets=False)

    def _transform(self, vectors: Vectors) -> NDArray[Any]:
        moved: NDArray[Any] = self.start_.transform(vectors) + super()._transform(vectors)
        return moved

    def state(self) -> dict[str, NDArray[Any]]:
        """Give the network's ``state_dict`` and the start's arrays."""
        learned = super().state()
        start = {_START + name: value for name, value in self.start_.state().items()}
        return {**learned, **start}

    def _restore(self, state: Mapping[str, NDArray[Any]], source_width: int, target_width: int) -> None:
        start = {name[len(_START) :]: value for name, value in state.items() if name.startswith(_START)}
        self.start_ = _start(source_width, target_width).restore(start, source_width, target_width)
        super()._restore(state, source_width, target_width)


def _start(source_width: int, target_width: int) -> Aligner:
    aligner: Aligner = registry.get("aligners", "identity" if source_width == target_width else "linear")()
    return aligner

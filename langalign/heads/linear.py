"""Linear head: softmax regression, or ridge regression for scores; the one to try first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from langalign.errors import SpecError
from langalign.heads._convex import Loss, Solution, cross_entropy, half_squared, row_losses, solution_path
from langalign.heads._labels import REGRESSION, Targets
from langalign.heads._network import PAPER, NetworkHead, Standardise
from langalign.heads.base import Run
from langalign.types import Option, Vectors

SOLVERS = ("lbfgs", "steps")
PENALTIES = (3.0, 1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001)
PENALTY = 0.3
"""What is taken without validation; in the middle of what is chosen for sentence embeddings."""


@dataclass(kw_only=True)
class LinearHead(NetworkHead):
    """Computes ``x W + b``, with ``W`` and ``b`` at the optimum of the penalised loss.

    The loss is ``mean ℓ(x W + b, y) + ½ λ σ² ‖W‖²``, where ``ℓ`` is cross-entropy for classes and half
    the squared error for scores, and ``σ²`` the mean variance of the vectors' columns, so that ``λ``
    means the same for vectors of any length. On validation the strongest ``λ`` is taken whose loss is
    within one standard error of the best (`Hastie et al., 2009`_, section 7.10).

    .. _Hastie et al., 2009: https://hastie.su.domains/ElemStatLearn/
    """

    solver: str = "lbfgs"
    """``lbfgs`` goes straight to the optimum; ``steps`` trains without penalty, like the other heads."""

    penalty: float | None = None
    """``λ``; if not given it is chosen on validation, and is 0.3 without validation."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {
        "default": {},
        "paper": {**PAPER, "solver": "steps"},
    }

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        self._choose("solver", SOLVERS)
        if self.penalty is not None and not self.penalty > 0:
            raise SpecError(f"penalty={self.penalty} must be above zero")

    def _build(self, width: int, outputs: int) -> nn.Module:
        return nn.Linear(width, outputs)

    def _fit(self, vectors: Vectors, targets: Targets, run: Run) -> None:
        if self.solver == "steps":
            super()._fit(vectors, targets, run)
            return
        weights = self._weights(targets)
        penalties = PENALTIES if run.validation and self.penalty is None else (self.penalty or PENALTY,)
        loss, outputs = self._convex_loss(targets, weights), self.task_.outputs
        tried: list[_Tried] = []
        for solution in solution_path(vectors, loss, outputs, penalties, self._curvature()):
            tried.append(self._judge(solution, weights, run))
            if run.progress:
                run.progress(len(tried), len(penalties))
            if len(tried) > 1 and tried[-1].loss > tried[-2].loss:
                break  # from strong to weak penalties the loss falls, then rises
        self._take(_plainest(tried).solution)
        self.history_ = tuple(_history(tried))

    def _convex_loss(self, targets: Targets, weights: NDArray[np.float32] | None) -> Loss:
        if self.task_.kind == REGRESSION:
            return half_squared(targets)
        return cross_entropy(targets, weights)

    def _curvature(self) -> float:
        """Give the second derivative of ``ℓ`` in an output, at equally probable classes ``(K − 1) / K²``."""
        outputs = self.task_.outputs
        return 1.0 if self.task_.kind == REGRESSION else (outputs - 1) / outputs**2

    def _judge(self, solution: Solution, weights: NDArray[np.float32] | None, run: Run) -> _Tried:
        if run.validation is None:
            return _Tried(solution)
        vectors, targets = run.validation
        losses = row_losses(vectors, self._convex_loss(targets, weights), solution.weight, solution.bias)
        return _Tried(solution, float(losses.mean()), float(losses.std() / np.sqrt(len(losses))))

    def _take(self, solution: Solution) -> None:
        width, outputs = solution.weight.shape
        layer = nn.Linear(width, outputs, device="meta")  # no weights are drawn
        weights = {"weight": solution.weight.T, "bias": solution.bias}
        tensors = {name: torch.tensor(array, dtype=torch.float32) for name, array in weights.items()}
        layer.load_state_dict(tensors, assign=True)
        self.network_ = nn.Sequential(Standardise(width), layer).eval()


@dataclass(frozen=True)
class _Tried:
    """A solution, with the mean and the standard error of its loss on validation if there is any."""

    solution: Solution
    loss: float = np.nan
    error: float = 0.0


def _plainest(tried: Sequence[_Tried]) -> _Tried:
    """Take the strongest penalty, the earliest on the path, within one standard error of the best."""
    best = min(tried, key=lambda one: one.loss)
    return next(one for one in tried if not one.loss > best.loss + best.error)


def _history(tried: Sequence[_Tried]) -> list[dict[str, float]]:
    rows = []
    for number, one in enumerate(tried):
        passes = sum(earlier.solution.passes for earlier in tried[: number + 1])
        row = {"epoch": passes, "penalty": one.solution.penalty, "train_loss": one.solution.loss}
        rows.append(row if np.isnan(one.loss) else {**row, "validation_loss": one.loss})
    return rows

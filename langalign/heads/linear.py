"""Linear head: softmax regression, or ridge regression for scores; the one to try first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from langalign.heads._convex import (
    ROUGH,
    ConvexProblem,
    Loss,
    Solution,
    cross_entropy,
    half_squared,
    row_losses,
)
from langalign.heads._labels import Targets
from langalign.heads._network import PAPER, NetworkHead, Standardise
from langalign.heads.base import Run
from langalign.option_checks import require_choice, require_positive
from langalign.training.label_kind import REGRESSION
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
    """``lbfgs`` goes straight to the optimum, heeding no option of training; ``steps`` trains like the
    other heads, without penalty."""

    penalty: float | None = None
    """``λ``; if not given it is chosen on validation, and is 0.3 without validation."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {
        "default": {},
        "paper": {**PAPER, "solver": "steps"},
    }

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        require_choice("solver", self.solver, SOLVERS)
        if self.penalty is not None:
            require_positive("penalty", self.penalty)

    def _build(self, width: int, outputs: int) -> nn.Module:
        return nn.Linear(width, outputs)

    def _fit(self, vectors: Vectors, targets: Targets, run: Run) -> None:
        if self.solver == "steps":
            super()._fit(vectors, targets, run)
            return
        centre = vectors.mean(axis=0, dtype=np.float64).astype(np.float32)
        for rows in (vectors, *(run.validation or ())[:1]):
            rows -= centre  # in place: they are our own, and may fill half the memory
        weights = self._weights(targets)
        problem = ConvexProblem(
            vectors, self._convex_loss(targets, weights), self.task_.outputs, self._curvature()
        )
        if run.validation is None or self.penalty is not None:
            tried = [self._judge(problem.solve(self.penalty or PENALTY), weights, run)]
        else:
            tried = self._try_penalties(problem, weights, run)
        self._take(tried[-1].solution, centre)
        self.history_ = tuple(one.row() for one in tried)

    def _try_penalties(
        self, problem: ConvexProblem, weights: NDArray[np.float32] | None, run: Run
    ) -> list[_Tried]:
        """Solve roughly from strong to weak until validation gets worse, then the chosen one finely."""
        tried: list[_Tried] = []
        for penalty in PENALTIES:
            start = tried[-1].solution if tried else None
            tried.append(self._judge(problem.solve(penalty, start, ROUGH), weights, run))
            if run.progress:
                run.progress(len(tried), len(PENALTIES) + 1)
            if len(tried) > 1 and tried[-1].loss > tried[-2].loss:
                break
        chosen = _plainest(tried).solution
        passes = tried[-1].solution.passes
        tried.append(self._judge(problem.solve(chosen.penalty, replace(chosen, passes=passes)), weights, run))
        return tried

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

    def _take(self, solution: Solution, centre: Vectors) -> None:
        width, outputs = solution.weight.shape
        layer = nn.Linear(width, outputs, device="meta")  # no weights are drawn
        weights = {"weight": solution.weight.T, "bias": solution.bias}
        tensors = {name: torch.tensor(array, dtype=torch.float32) for name, array in weights.items()}
        layer.load_state_dict(tensors, assign=True)
        standard = Standardise(width)
        standard.centre.copy_(torch.from_numpy(centre))
        self.network_ = nn.Sequential(standard, layer).eval()


@dataclass(frozen=True)
class _Tried:
    """A solution, with the mean and the standard error of its loss on validation if there is any."""

    solution: Solution
    loss: float = np.nan
    error: float = 0.0

    def row(self) -> dict[str, float]:
        """Give the row of the history."""
        solved = self.solution
        row = {"epoch": solved.passes, "penalty": solved.penalty, "train_loss": solved.loss}
        return row if np.isnan(self.loss) else {**row, "validation_loss": self.loss}


def _plainest(tried: Sequence[_Tried]) -> _Tried:
    """Take the strongest penalty, the earliest on the path, within one standard error of the best."""
    best = min(tried, key=lambda one: one.loss)
    return next(one for one in tried if one.loss <= best.loss + best.error)

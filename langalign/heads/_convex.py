"""Linear models by their convex optimum: softmax regression and ridge regression, in few passes.

L-BFGS needs many passes where the vectors' covariance ``C`` is far from the identity, as it is with
embeddings. Both losses curve like ``C`` (up to a factor), so the search runs in coordinates in which
``C`` plus the penalty is the identity: about ten passes suffice, and for the squared loss one or two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from langalign.training.rows import blocks
from langalign.types import Vectors

Doubles: TypeAlias = NDArray[np.float64]
Loss: TypeAlias = Callable[[NDArray[Any], slice], tuple[NDArray[Any], NDArray[Any]]]
"""Takes the outputs of a block of rows, ``(n, K)``; gives their losses, ``(n,)``, and the gradient."""

SAMPLE_ROWS = 16_384
"""About how many rows the coordinates are taken from."""

PASSES = 500
"""The most passes for one penalty."""


@dataclass(frozen=True)
class Solution:
    """An optimum of ``mean loss(vectors @ weight + bias) + penalty · unit / 2 · ‖weight‖²``.

    :param penalty: The penalty, in units of the vectors' mean variance over columns.
    :param weight: Shape: ``(D, K)``.
    :param bias: Shape: ``(K,)``.
    :param loss: The mean loss, without the penalty.
    :param passes: Passes over the vectors that it took.
    """

    penalty: float
    weight: Doubles
    bias: Doubles
    loss: float
    passes: int


def solution_path(
    vectors: Vectors, loss: Loss, outputs: int, penalties: Sequence[float], curvature: float
) -> Iterator[Solution]:
    """Solve for one penalty after the other, each from the last optimum.

    :param vectors: Shape: ``(N, D)``.
    :param loss: Of a block's outputs; convex.
    :param outputs: ``K``.
    :param penalties: Positive; from strong to weak is quickest.
    :param curvature: About how the loss curves in an output; only the speed depends on it.
    :yield: The optimum of each penalty.
    """
    from scipy.linalg import cholesky

    centre, covariance, unit = _moments(vectors)
    weight, bias = np.zeros((vectors.shape[1], outputs)), np.zeros(outputs)
    for penalty in penalties:
        strength = penalty * unit
        metric = curvature * covariance
        metric.flat[:: len(metric) + 1] += strength
        problem = _Problem(vectors, loss, centre, strength, cholesky(metric, lower=True))
        weight, bias, mean_loss = problem.solve(weight, bias)
        yield Solution(penalty, weight, bias - centre @ weight, mean_loss, problem.passes)


def cross_entropy(codes: NDArray[Any], class_weights: NDArray[np.floating[Any]] | None = None) -> Loss:
    """Make the loss of softmax regression, ``−w_y log softmax(z)_y``.

    :param codes: Classes of the rows. Shape: ``(N,)``.
    :param class_weights: ``w``, shape ``(K,)``; one if not given.
    :return: The loss.
    """

    def loss(outputs: NDArray[Any], block: slice) -> tuple[NDArray[Any], NDArray[Any]]:
        rows, own = np.arange(len(outputs)), codes[block]
        outputs = outputs - outputs.max(axis=1, keepdims=True)
        own_outputs = outputs[rows, own]
        gradient = np.exp(outputs, out=outputs)  # (n, K)
        totals = gradient.sum(axis=1)
        losses = np.log(totals) - own_outputs
        gradient /= totals[:, None]
        gradient[rows, own] -= 1
        if class_weights is not None:
            gradient *= class_weights[own, None]
            losses = losses * class_weights[own]
        return losses, gradient

    return loss


def half_squared(scores: NDArray[Any]) -> Loss:
    """Make the loss of ridge regression, ``(z − y)² / 2``.

    :param scores: ``y``. Shape: ``(N,)``.
    :return: The loss.
    """

    def loss(outputs: NDArray[Any], block: slice) -> tuple[NDArray[Any], NDArray[Any]]:
        error = outputs - scores[block, None]
        return np.square(error).sum(axis=1) / 2, error

    return loss


def row_losses(vectors: Vectors, loss: Loss, weight: Doubles, bias: Doubles) -> Doubles:
    """Measure the loss of each row under a linear model.

    :param vectors: Shape: ``(N, D)``.
    :param loss: Of a block's outputs.
    :param weight: Shape: ``(D, K)``.
    :param bias: Shape: ``(K,)``.
    :return: Shape: ``(N,)``.
    """
    parts = [loss(vectors[block] @ weight + bias, block)[0] for block in blocks(vectors)]
    return np.concatenate(parts).astype(np.float64)


class _Problem:
    """One penalty's problem, in the coordinates of the metric ``L Lᵀ``: ``weight = L⁻ᵀ code``."""

    def __init__(
        self, vectors: Vectors, loss: Loss, centre: Doubles, strength: float, factor: Doubles
    ) -> None:
        self._vectors, self._loss, self._centre = vectors, loss, centre
        self._strength, self._factor = strength, factor
        self.passes = 0

    def solve(self, weight: Doubles, bias: Doubles) -> tuple[Doubles, Doubles, float]:
        from scipy.optimize import minimize

        start = np.vstack([self._factor.T @ weight, bias])
        options = {"maxiter": PASSES, "maxfun": PASSES, "gtol": 1e-5, "ftol": 1e-9}
        found = minimize(self._objective, start.ravel(), method="L-BFGS-B", jac=True, options=options)
        weight, bias = self._decode(found.x.reshape(start.shape))
        return weight, bias, float(found.fun - self._strength / 2 * np.square(weight).sum())

    def _decode(self, code: Doubles) -> tuple[Doubles, Doubles]:
        from scipy.linalg import solve_triangular

        return solve_triangular(self._factor, code[:-1], lower=True, trans="T"), code[-1]

    def _objective(self, flat: Doubles) -> tuple[float, Doubles]:
        from scipy.linalg import solve_triangular

        self.passes += 1
        weight, bias = self._decode(flat.reshape(len(self._factor) + 1, -1))  # (D, K), (K,)
        total, slope, bias_slope = self._pass(weight, bias - self._centre @ weight)
        slope = slope - np.outer(self._centre, bias_slope) + self._strength * weight
        gradient = np.vstack([solve_triangular(self._factor, slope, lower=True), bias_slope])
        return total + self._strength / 2 * float(np.square(weight).sum()), gradient.ravel()

    def _pass(self, weight: Doubles, bias: Doubles) -> tuple[float, Doubles, Doubles]:
        """Sum loss and gradients over blocks; products run in float32, sums of blocks in float64."""
        single, shift = weight.astype(np.float32), bias.astype(np.float32)
        total, slope, bias_slope = 0.0, np.zeros_like(weight), np.zeros_like(bias)
        for block in blocks(self._vectors):
            rows = self._vectors[block]
            part, error = self._loss(rows @ single + shift, block)
            total += float(part.sum(dtype=np.float64))
            slope += (error.T @ rows).T
            bias_slope += error.sum(axis=0, dtype=np.float64)
        count = len(self._vectors)
        return total / count, slope / count, bias_slope / count


def _moments(vectors: Vectors) -> tuple[Doubles, Doubles, float]:
    """Give centre, covariance and mean variance of evenly spread rows, enough to know the metric."""
    sample = vectors[:: max(1, len(vectors) // SAMPLE_ROWS)]
    centre = sample.mean(axis=0, dtype=np.float64)
    centred = sample - centre.astype(np.float32)
    covariance = (centred.T @ centred).astype(np.float64) / len(sample)
    unit = float(np.trace(covariance)) / len(covariance)
    return centre, covariance, unit or 1.0  # all rows alike: any unit does

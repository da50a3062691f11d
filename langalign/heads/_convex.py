"""Linear models by their convex optimum: softmax regression and ridge regression, in few passes.

L-BFGS needs many passes where the vectors' covariance ``C`` is far from the identity, as it is with
embeddings. Both losses curve like ``C`` (up to a factor), so the search runs in coordinates in which
``C`` plus the penalty is the identity: about ten passes suffice, and for the squared loss one or two.
"""

from __future__ import annotations

from collections.abc import Callable
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

ROUGH, FINE = 1e-3, 1e-4
"""Tolerances: enough to compare penalties, and enough for the one that is taken."""


@dataclass(frozen=True)
class Solution:
    """An optimum of ``mean loss(vectors @ weight + bias) + penalty · unit / 2 · ‖weight‖²``.

    :param penalty: The penalty, in units of the vectors' mean variance over columns.
    :param weight: Shape: ``(D, K)``.
    :param bias: Shape: ``(K,)``.
    :param loss: The mean loss, without the penalty.
    :param passes: Passes over the vectors that it took, those of its start included.
    """

    penalty: float
    weight: Doubles
    bias: Doubles
    loss: float
    passes: int


class ConvexProblem:
    """The loss of a linear model on given rows, to be solved for one penalty after the other."""

    def __init__(self, vectors: Vectors, loss: Loss, outputs: int, curvature: float) -> None:
        """Take the rows, and learn the coordinates from them.

        :param vectors: Of mean zero; others are solved too, but slowly. Shape: ``(N, D)``.
        :param loss: Of a block's outputs; convex.
        :param outputs: ``K``.
        :param curvature: About how the loss curves in an output; only the speed depends on it.
        """
        self._vectors, self._loss, self._outputs, self._curvature = vectors, loss, outputs, curvature
        self._covariance, self._unit = _moments(vectors)

    def solve(self, penalty: float, start: Solution | None = None, tolerance: float = FINE) -> Solution:
        """Find the optimum of one penalty.

        :param penalty: Positive.
        :param start: A solution near by; its passes are counted in.
        :param tolerance: The largest component of the gradient at which the search ends.
        :return: The optimum.
        """
        from scipy.linalg import cholesky
        from scipy.optimize import minimize

        strength = penalty * self._unit
        metric = self._curvature * self._covariance
        metric.flat[:: len(metric) + 1] += strength
        factor = cholesky(metric, lower=True)
        first = self._encode(start, factor)
        found = minimize(
            self._objective,
            first.ravel(),
            args=(factor, strength),
            method="L-BFGS-B",
            jac=True,
            options={"maxiter": PASSES, "maxfun": PASSES, "gtol": tolerance, "ftol": tolerance * 1e-4},
        )
        weight, bias = _decode(found.x.reshape(first.shape), factor)
        loss = float(found.fun - strength / 2 * np.square(weight).sum())
        passes = int(found.nfev) + (start.passes if start else 0)
        return Solution(penalty, weight, bias, loss, passes)

    def _encode(self, start: Solution | None, factor: Doubles) -> Doubles:
        """Express a solution in the coordinates of the metric ``L Lᵀ``: ``weight = L⁻ᵀ code``."""
        if start is None:
            return np.zeros((len(factor) + 1, self._outputs))
        return np.vstack([factor.T @ start.weight, start.bias])

    def _objective(self, flat: Doubles, factor: Doubles, strength: float) -> tuple[float, Doubles]:
        from scipy.linalg import solve_triangular

        weight, bias = _decode(flat.reshape(len(factor) + 1, -1), factor)  # (D, K), (K,)
        total, slope, bias_slope = self._pass(weight, bias)
        slope += strength * weight
        gradient = np.vstack([solve_triangular(factor, slope, lower=True), bias_slope])
        return total + strength / 2 * float(np.square(weight).sum()), gradient.ravel()

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


def _decode(code: Doubles, factor: Doubles) -> tuple[Doubles, Doubles]:
    from scipy.linalg import solve_triangular

    return solve_triangular(factor, code[:-1], lower=True, trans="T"), code[-1]


def _moments(vectors: Vectors) -> tuple[Doubles, float]:
    """Give covariance and mean variance of evenly spread rows, enough to know the metric."""
    sample = vectors[:: max(1, len(vectors) // SAMPLE_ROWS)]
    covariance = (sample.T @ sample).astype(np.float64) / len(sample)
    unit = float(np.trace(covariance)) / len(covariance)
    return covariance, unit or 1.0  # all rows alike: any unit does

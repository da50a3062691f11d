"""Procrustes aligner: turns the source's cloud of vectors onto the target's without bending it.

Angles and distances within a language stay as they are, so nothing collapses, and a few hundred pairs
are enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from langalign.aligners._sums import pair_sums
from langalign.aligners.base import Aligner, Run, pick
from langalign.types import Rows, Vectors


@dataclass(kw_only=True)
class ProcrustesAligner(Aligner):
    """Applies the best orthogonal map between the centred sides: ``A(x) = (x − x̄) W + ȳ``.

    With ``U S Vᵀ = svd(Σ (x − x̄)ᵀ(y − ȳ))``, ``W = U Vᵀ`` minimises ``Σ |A(x) − y|²`` over all
    orthogonal ``W`` (`Schönemann, 1966`_). Where the widths differ, ``W`` is semi-orthogonal.

    .. _Schönemann, 1966: https://doi.org/10.1007/BF02289451
    """

    scaling: bool = False
    """Also scale by the one factor that fits best, ``tr S / Σ |x − x̄|²``."""

    weight_: Vectors = field(init=False, repr=False)
    source_mean_: Vectors = field(init=False, repr=False)
    target_mean_: Vectors = field(init=False, repr=False)

    def _fit(self, source: Rows, target: Rows, run: Run) -> None:
        sums = pair_sums(source, target, run, cross=True, spread=self.scaling)
        cross = torch.from_numpy(sums.cross.astype(np.float32))  # (D, E)
        left, singular, right = torch.linalg.svd(cross, full_matrices=False)
        weight = left @ right  # (D, E)
        if self.scaling and sums.spread > 0:
            weight *= float(singular.sum()) / sums.spread
        self.weight_ = weight.numpy()
        self.source_mean_ = sums.source_mean.astype(np.float32)
        self.target_mean_ = sums.target_mean.astype(np.float32)

    def _transform(self, vectors: Vectors) -> NDArray[Any]:
        return (vectors - self.source_mean_) @ self.weight_ + self.target_mean_  # (N, E)

    def state(self) -> dict[str, NDArray[Any]]:
        """Give what was learned, as named arrays."""
        self.widths()
        return {"weight": self.weight_, "source_mean": self.source_mean_, "target_mean": self.target_mean_}

    def _restore(self, state: Mapping[str, NDArray[Any]], source_width: int, target_width: int) -> None:
        self.weight_ = pick(state, "weight", (source_width, target_width))
        self.source_mean_ = pick(state, "source_mean", (source_width,))
        self.target_mean_ = pick(state, "target_mean", (target_width,))

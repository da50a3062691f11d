"""Procrustes aligner: turns the source's cloud of vectors onto the target's without bending it.

Angles and distances within a language stay as they are, so nothing collapses, and a few hundred pairs
are enough.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from langalign.aligners._affine import AffineAligner
from langalign.aligners._sums import pair_sums
from langalign.aligners.base import Run
from langalign.types import Rows


@dataclass(kw_only=True)
class ProcrustesAligner(AffineAligner):
    """Applies the best orthogonal map between the centred sides: ``A(x) = (x − x̄) W + ȳ``.

    With ``U S Vᵀ = svd(Σ (x − x̄)ᵀ(y − ȳ))``, ``W = U Vᵀ`` minimises ``Σ |A(x) − y|²`` over all
    orthogonal ``W`` (`Schönemann, 1966`_). Where the widths differ, ``W`` is semi-orthogonal.

    .. _Schönemann, 1966: https://doi.org/10.1007/BF02289451
    """

    scaling: bool = False
    """Also scale by the one factor that fits best, ``tr S / Σ |x − x̄|²``."""

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

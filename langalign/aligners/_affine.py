"""What the aligners share that are one matrix between two means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from langalign.aligners.base import Aligner, pick
from langalign.types import Vectors


@dataclass(kw_only=True)
class AffineAligner(Aligner):
    """Applies ``A(x) = (x − x̄) W + ȳ``; a subclass finds ``W`` and writes :meth:`_fit`."""

    weight_: Vectors = field(init=False, repr=False)
    """``W``. Shape: ``(D, E)``."""

    source_mean_: Vectors = field(init=False, repr=False)
    """``x̄``. Shape: ``(D,)``."""

    target_mean_: Vectors = field(init=False, repr=False)
    """``ȳ``. Shape: ``(E,)``."""

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

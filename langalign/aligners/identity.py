"""Identity aligner: leaves vectors where they are, so that every report has something to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from langalign.aligners.base import Aligner, Run, check_equal_widths
from langalign.types import Rows, Vectors


@dataclass(kw_only=True)
class IdentityAligner(Aligner):
    """Moves nothing: ``A(x) = x``."""

    def _fit(self, source: Rows, target: Rows, run: Run) -> None:
        check_equal_widths(source.shape[1], target.shape[1])

    def _transform(self, vectors: Vectors) -> NDArray[Any]:
        return vectors

    def state(self) -> dict[str, NDArray[Any]]:
        """Give what was learned, as named arrays."""
        self.widths()
        return {}

    def _restore(self, state: Mapping[str, NDArray[Any]], source_width: int, target_width: int) -> None:
        check_equal_widths(source_width, target_width)

"""Mean-shift aligner: moves the source's centre onto the target's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.aligners._sums import pair_sums
from langalign.aligners.base import Aligner, Run, check_equal_widths, pick
from langalign.types import Rows, Vectors


@dataclass(kw_only=True)
class MeanShiftAligner(Aligner):
    """Adds the difference of the means, ``A(x) = x + ȳ − x̄``: most of what sets two languages apart."""

    shift_: Vectors = field(init=False, repr=False)

    def _fit(self, source: Rows, target: Rows, run: Run) -> None:
        check_equal_widths(source.shape[1], target.shape[1])
        sums = pair_sums(source, target, run)
        self.shift_ = (sums.target_mean - sums.source_mean).astype(np.float32)  # (D,)

    def _transform(self, vectors: Vectors) -> NDArray[Any]:
        return vectors + self.shift_

    def state(self) -> dict[str, NDArray[Any]]:
        """Give what was learned, as named arrays."""
        self.widths()
        return {"shift": self.shift_}

    def _restore(self, state: Mapping[str, NDArray[Any]], source_width: int, target_width: int) -> None:
        check_equal_widths(source_width, target_width)
        self.shift_ = pick(state, "shift", (source_width,))

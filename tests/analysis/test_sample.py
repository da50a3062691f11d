from __future__ import annotations

import numpy as np

from langalign.analysis.sample import evenly


def test_rows_are_spread_evenly() -> None:
    assert evenly(10, 4).tolist() == [0, 2, 5, 7]
    assert evenly(3, 750).tolist() == [0, 1, 2]
    assert evenly(0, 5).tolist() == []
    assert len(np.unique(evenly(100_001, 750))) == 750

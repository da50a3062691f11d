"""Gaps among scores; classes and scores are told apart in tests/heads/test_labels.py."""

from __future__ import annotations

import pytest

from langalign.errors import DataError
from langalign.training.label_kind import CLASSIFICATION, resolve_kind

SCORES = [f"{number / 4}" for number in range(20)]


@pytest.mark.parametrize("gap", ["NA", "nan", "inf"])
def test_a_gap_among_scores_is_not_a_class(gap: str) -> None:
    with pytest.raises(DataError, match=rf"'{gap}' is not a finite number, but 20 of 21 distinct labels"):
        resolve_kind([*SCORES, *SCORES, gap])
    assert resolve_kind([*SCORES, gap], "classification") == CLASSIFICATION

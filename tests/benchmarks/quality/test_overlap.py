"""What is tested must not be learned: found whichever way it slipped in."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.quality.overlap import overlaps
from langalign.experiments.material import Labelled, Material, Pairs

TEST = Labelled("test", [("p", "q"), ("r", "s")], ["x", "y"])


@pytest.mark.parametrize(
    ("learned", "line"),
    [
        ({}, None),
        ({"source": Labelled("sst2", [("p", "s")], ["x"])}, None),
        ({"pairs": Pairs(["a", "b"], ["c", "d"])}, None),
        (
            {"native": Labelled("jnli", [("a", "b"), ("p", "q")], ["x", "x"])},
            "1 of 2 rows of native (jnli) are tested, the first: ('p', 'q')",
        ),
        (
            {"unlabelled": Labelled("reviews", [("r", "s")], [""])},
            "1 of 1 rows of unlabelled (reviews) are tested, the first: ('r', 's')",
        ),
        ({"pairs": Pairs(["a", "b"], ["q", "d"])}, "1 of 4 sides of pairs are tested, the first: 'q'"),
        (
            {"pairs": Pairs([("a", "s")], [("c", "d")])},
            "1 of 2 sides of pairs are tested, the first: ('a', 's')",
        ),
    ],
)
def test_an_overlap_is_one_line(learned: dict[str, Any], line: str | None) -> None:
    assert [*overlaps(Material(test=TEST, **learned))] == ([line] if line else [])


def test_without_a_test_nothing_overlaps() -> None:
    assert [*overlaps(Material(pairs=Pairs(["a"], ["b"])))] == []

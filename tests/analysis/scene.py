"""A small report to test with: forty pairs, a useful aligner, a collapsing one and a reversed one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from langalign.analysis.report import AlignedView, Report, build_report
from langalign.types import Text

PAIRS = 40


def sides(pairs: int = PAIRS, width: int = 12) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    meaning = random.normal(size=(pairs, width))
    source = meaning + 0.5 * random.normal(size=(pairs, width)) + 1.5
    target = meaning + 0.5 * random.normal(size=(pairs, width)) - 0.5
    return source.astype(np.float32), target.astype(np.float32)


def views(source: np.ndarray, target: np.ndarray) -> list[AlignedView]:
    shift = target.mean(axis=0) - source.mean(axis=0)
    heap = target.mean(axis=0) + 0.01 * source[::-1]
    return [
        AlignedView("shift", source + shift),
        AlignedView("heap", heap.astype(np.float32)),
        AlignedView("back", target - shift, moves="target"),
    ]


def report(
    names: Sequence[str] = ("shift", "heap", "back"),
    source_texts: Sequence[Text] | None = None,
    target_texts: Sequence[Text] | None = None,
) -> Report:
    source, target = sides()
    return build_report(
        source,
        target,
        [view for view in views(source, target) if view.name in names],
        source_texts=source_texts or [f"source {row}" for row in range(PAIRS)],
        target_texts=target_texts or [f"target {row}" for row in range(PAIRS)],
        metadata={"encoder": {"kind": "hashing", "name": "hashing"}, "seed": 0},
        backend="exact",
    )

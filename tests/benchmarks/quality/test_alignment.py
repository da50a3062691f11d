"""Alignment is measured on pairs that an aligner has not seen, on either side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.quality.alignment import measured, table
from langalign.experiments.work import make_aligner, opened
from tests.experiments.scene import SMALL, run

SPEC: dict[str, Any] = {
    "task": {"name": "Alignment", "metric": "cosine"},
    "pairs": {**SMALL["pairs"], "sizes": [100]},
    "methods": ["identity", "linear"],
    "held_out": {"rows": 60},
    "sizes": None,
    "source": None,
    "test": None,
    "native": None,
    "translation": None,
}


def test_figures_are_those_of_numpy_on_unseen_pairs(tmp_path: Path) -> None:
    ran = run(tmp_path, **SPEC)
    rows = measured(ran)
    assert [(row["method"], row["pairs"], row["seed"]) for row in rows] == [
        ("identity", 100, 0),
        ("identity", 100, 1),
        ("linear", 100, 0),
        ("linear", 100, 1),
    ]
    cell = ran.cells[2]
    source, target = ran.bench.held_out(cell)
    seen = {text for side in ran.bench.pair_texts(cell) for text in side}
    assert source
    assert seen.isdisjoint([*source, *target])
    _, store = opened(ran.bench.encoder, ran.bench.device, ran.bench.cache)
    aligner = make_aligner(ran.bench, cell)
    assert aligner is not None
    moved, goal = aligner.transform(store.vectors(source)), store.vectors(target)
    units = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in (moved, goal)]
    cosines = units[0] @ units[1].T
    assert rows[2]["cosine_mean"] == pytest.approx(np.diag(cosines).mean(), rel=1e-4)
    off = cosines[~np.eye(len(cosines), dtype=bool)].mean()
    assert rows[2]["margin"] == pytest.approx(np.diag(cosines).mean() - off, rel=1e-4)
    assert rows[2]["measured"] == len(source)


def test_the_table_has_a_line_for_each_method_and_number_of_pairs(tmp_path: Path) -> None:
    rows = measured(run(tmp_path, **SPEC))
    lines = table("Alignment", rows).splitlines()
    assert lines[0] == "| method | pairs | cosine | margin | P@1 | P@1 by CSLS |"
    assert [line.split(" | ")[0] for line in lines[2:4]] == ["| identity", "| linear"]
    assert "neither side of which an aligner has seen" in lines[-1]
    assert "±" not in table("Alignment", rows[:1]).splitlines()[2]

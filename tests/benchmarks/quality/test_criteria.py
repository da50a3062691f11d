"""Criteria against hand-made cosines, torch's cross-entropy and known orders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.quality.criteria import CRITERIA, correlations, judged, log_likelihood, table
from langalign.aligners.auto import TEMPERATURES, AutoAligner
from langalign.corpora import read_texts
from tests.experiments.scene import run

SPEC = {
    "methods": ["english", "linear", "procrustes", "reverse:linear", "without-aligner-at-inference:linear"],
    "sizes": [100],
    "seeds": [0, 1],
    "centre": {"pairs": 200, "rows": 100},
}


def test_the_log_likelihood_of_vectors_in_one_place_is_a_blind_guess() -> None:
    vectors = np.ones((7, 3), np.float32)
    assert log_likelihood(vectors, vectors) == pytest.approx(-np.log(7))


def test_the_log_likelihood_is_that_of_cross_entropy() -> None:
    import torch

    random = np.random.default_rng(0)
    moved = random.normal(size=(9, 4)).astype(np.float32)
    goal = (moved + random.normal(size=(9, 4))).astype(np.float32)
    unit = torch.nn.functional.normalize
    cosines = unit(torch.tensor(moved).double()) @ unit(torch.tensor(goal).double()).T
    losses = [
        sum(torch.nn.functional.cross_entropy(way / each, torch.arange(9)) for way in (cosines, cosines.T))
        / 2
        for each in TEMPERATURES
    ]
    assert log_likelihood(moved, goal) == pytest.approx(-float(min(losses)))


def test_aligners_are_judged_as_auto_judges_them_by_pairs_that_they_held_out(tmp_path: Path) -> None:
    english, korean = (read_texts(f"sample-nli:train.{each}/sentences").texts for each in ("en", "ko"))
    repeated = [korean[row - row % 20] if row % 20 == 1 else korean[row] for row in range(len(korean))]
    lines = [f"{one}\t{other}\n" for one, other in zip(english, repeated, strict=True)]
    (tmp_path / "pairs.tsv").write_text("source\ttarget\n" + "".join(lines))
    pairs = {"data": str(tmp_path / "pairs.tsv"), "sizes": [100, 200]}
    ran = run(tmp_path, **{**SPEC, "methods": [*SPEC["methods"], "auto"], "pairs": pairs})
    rows = judged(ran)
    # linear and procrustes forward, linear in reverse, identity both ways: with 100 and 200 pairs, two seeds
    assert len(rows) == 5 * 2 * 2
    assert {row["direction"] for row in rows if row["aligner"] == "procrustes"} == {"forward"}
    from langalign.experiments.work import make_aligner

    (cell,) = (one for one in ran.results if (one.method, one.pairs, one.seed) == ("auto", 200, 0))
    saved: Any = make_aligner(ran.bench, cell)
    assert isinstance(saved.aligner, AutoAligner)
    for told in saved.aligner.history_:
        own = [row for row in rows if row["direction"] == "forward" and row["pairs"] == 200]
        same = [row for row in own if (row["aligner"], row["seed"]) == (told["candidate"], 0)]
        for row in same:
            assert row["log_likelihood"] == pytest.approx(told["log_likelihood"], rel=1e-5)
            assert row["cosine_mean"] == pytest.approx(told["cosine_mean"], rel=1e-5)
    english = [result for one, result in ran.results.items() if (one.method, one.seed) == ("english", 0)]
    identity = [row for row in rows if (row["aligner"], row["seed"]) == ("identity", 0)]
    assert {row["score"] for row in identity} == {english[0].scores["macro_f1"]}


def test_a_criterion_that_orders_as_the_task_does_correlates_fully(tmp_path: Path) -> None:
    rows = [
        {
            **dict.fromkeys(CRITERIA, 0.5),
            "log_likelihood": float(n**3),
            "margin": -float(n),
            "score": n / 10 - seed,
            "seed": seed,
            "direction": "forward",
        }
        for n in range(5)
        for seed in range(2)
    ]
    told = correlations(rows)
    assert (told["log_likelihood"], told["margin"], told["cosine_mean"]) == pytest.approx((1, -1, 0))
    (tmp_path / "task").mkdir()
    (tmp_path / "task" / "criteria.json").write_text(json.dumps(rows))
    assert "| task | forward | 10 | 1.00 | 0.00 | -1.00 | 0.00 | 0.00 |" in table(tmp_path)
    assert "| mean |  |  | **1.00** |" in table(tmp_path)

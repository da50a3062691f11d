"""Experiments that have run, made of what their cells answered."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from langalign.experiments.bench import Bench
from langalign.experiments.cells import Result
from langalign.experiments.grid import Cell
from langalign.experiments.material import Labelled, Material
from langalign.experiments.run import Ran
from langalign.experiments.spec import Spec
from tests.experiments.scene import SMALL

CLASSES = ["bad", "good"]
METRIC = {"name": "sentiment", "metric": "accuracy"}


def ran_with(answers: dict[Cell, list[int]], truth: list[int], **changes: Any) -> Ran:
    """Make a finished experiment out of what its cells answered."""
    methods = list(dict.fromkeys(cell.method for cell in answers))
    spec = Spec.model_validate({**SMALL, "task": METRIC, "methods": methods, **changes})
    test = Labelled("test", [f"text {n}" for n in range(len(truth))], [CLASSES[code] for code in truth])
    bench = Bench(spec, Material(test=test), "hashing", "f", None, Path("cache"), Path("out"), "cpu")
    results = {
        cell: Result(
            cell=cell,
            key=str(cell),
            scores={"accuracy": float(np.mean(np.array(given) == np.array(truth)))},
            encoder="f",
            answers=[float(code) for code in given],
            classes=CLASSES,
        )
        for cell, given in answers.items()
    }
    return Ran(bench, list(answers), 0, results, [])


def made(seeds: int = 2) -> tuple[Ran, dict[Cell, list[int]], list[int]]:
    random = np.random.default_rng(0)
    truth = random.integers(2, size=200).tolist()
    answers = {}
    for method, pairs, right in (("english", None, 0.6), ("linear", 100, 0.9), ("reverse:linear", 100, 0.62)):
        for size in (100, 200):
            for seed in range(seeds):
                wrong = random.random(200) > right
                answers[Cell(method, pairs, size, seed)] = [
                    1 - code if flip else code for code, flip in zip(truth, wrong, strict=True)
                ]
    return ran_with(answers, truth), answers, truth

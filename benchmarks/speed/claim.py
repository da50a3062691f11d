"""What an aligner is worth to a task: AE and its reverse beyond English only, SST-2 → NSMC.

python -m benchmarks.speed.claim --model e5-small --data DIR

Runs ``benchmarks/paper/claim-small.yaml``: head on 5,000 English rows, aligner from 5,000 sentence pairs of
XNLI, 2,000 Korean rows to test on, three seeds. DIR holds the published files of SST-2, NSMC, XNLI and
KorNLI.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev

from benchmarks.measure import Bar, publish
from langalign.cache import cache_folder
from langalign.experiments import load_spec, run_experiment

SPEC = Path(__file__).parents[1] / "paper" / "claim-small.yaml"
POINTS = {"ae": 2.0, "reverse:ae": 2.5}


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="folder of the e5-small checkpoint")
    parser.add_argument("--data", type=Path, required=True, help="folder of SST-2, NSMC, XNLI and KorNLI")
    arguments = parser.parse_args()
    os.environ["LANGALIGN_E5"] = str(arguments.model)  # the spec asks for it
    with tempfile.TemporaryDirectory() as folder:
        ran = run_experiment(load_spec(SPEC), out=Path(folder), cache=cache_folder(), data_dir=arguments.data)
    assert not ran.failures, ran.failures[0]
    scores: dict[str, list[float]] = defaultdict(list)
    for cell, result in ran.results.items():
        scores[cell.method].append(100 * result.scores["macro_f1"])
    bars = [
        Bar(
            f"SST-2 → NSMC, e5-small frozen, 5,000 pairs: macro-F1 of {method} beyond English only",
            mean(scores[method]) - mean(scores["english"]),
            points,
            "points",
        )
        for method, points in POINTS.items()
    ]
    details = {method: {"mean": mean(found), "deviation": stdev(found)} for method, found in scores.items()}
    publish("claim", bars, details, seed=0)


if __name__ == "__main__":
    main()

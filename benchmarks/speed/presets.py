"""The paper's AE network: how soon ``default`` reaches the best loss of ``paper``.

python -m benchmarks.speed.presets --data DIR

DIR holds the published files of XNLI and KorNLI; see CONTRIBUTING.md. ``default`` is trained before and after
``paper``, and the slower of the two counts.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Bar, publish
from langalign import registry
from langalign.api import embed
from langalign.corpora import ReadOptions, read_pairs
from langalign.training.split import split_pairs
from langalign.types import Vectors

Side = tuple[Vectors, Vectors]


class Clock:
    """Remembers when each epoch ended, as progress tells it."""

    def __init__(self) -> None:
        """Start."""
        self.begin, self.ends = time.perf_counter(), dict[int, float]()

    def watch(self, epochs: int) -> Any:
        """Give a progress that notes the end of each of so many epochs."""

        def progress(done: int, total: int) -> None:
            steps = total // epochs
            if done % steps == 0:
                self.ends[done // steps] = time.perf_counter() - self.begin

        return progress


def timed(
    preset: str, options: dict[str, Any], pairs: Side, held_out: Side, seed: int
) -> list[tuple[float, float]]:
    """Train ``ae`` and tell seconds and validation loss at the end of each epoch."""
    aligner = registry.get("aligners", "ae").from_preset(preset, options)
    clock = Clock()
    aligner.fit(*pairs, validation=held_out, seed=seed, progress=clock.watch(aligner.epochs))
    return [(clock.ends[int(epoch["epoch"])], epoch["validation_loss"]) for epoch in aligner.history_]


def sooner(
    data: Path, spec: str, most_pairs: int | None, paper_epochs: int, seed: int
) -> tuple[list[Bar], dict[str, Any]]:
    """Compare the time that ``default`` and ``paper`` need to the best loss of ``paper``."""
    source: list[Any] = []
    target: list[Any] = []
    for split in ("dev", "test"):
        pairs = read_pairs(
            f"xnli:{split}.en/sentences", f"kornli:{split}/sentences", ReadOptions(data_dir=data)
        )
        source, target = source + pairs.source, target + pairs.target
    distinct = dict(list(dict(zip(source, target, strict=True)).items())[:most_pairs])
    sides = embed(list(distinct), spec), embed(list(distinct.values()), spec)
    split_rows = split_pairs(np.arange(len(distinct)), seed=seed)
    train, held_out = (
        tuple(side[rows] for side in sides) for rows in (split_rows.train, split_rows.validation)
    )
    before = timed("default", {}, train, held_out, seed)
    paper = timed("paper", {"epochs": paper_epochs}, train, held_out, seed)
    after = timed("default", {}, train, held_out, seed)
    paper_seconds, goal = min(paper, key=lambda epoch: epoch[1])
    reached = [
        next((seconds for seconds, loss in default if loss <= goal), None) for default in (before, after)
    ]
    ratio = min(paper_seconds / seconds if seconds else 0.0 for seconds in reached)
    details = {
        "encoder": spec,
        "pairs": len(distinct),
        "paper": {"epochs": len(paper), "stopped_early": len(paper) < paper_epochs},
        "goal": goal,
        "seconds_of_paper": paper_seconds,
        "seconds_of_default": reached,
        "best_of_default": min(loss for _, loss in before),
    }
    what = f"ae: default against paper, time to the best loss of {len(paper):,} epochs of paper"
    return [Bar(what, ratio, 10)], details


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of XNLI and KorNLI")
    parser.add_argument("--encoder", default="use-multilingual", help="SPEC for the pairs in DIR")
    parser.add_argument("--pairs", type=int, help="the first so many pairs only")
    parser.add_argument(
        "--paper-epochs", type=int, default=1000, help="the most epochs of the paper's preset"
    )
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    bars, details = sooner(
        arguments.data, arguments.encoder, arguments.pairs, arguments.paper_epochs, arguments.seed
    )
    publish("presets", bars, details, seed=arguments.seed)


if __name__ == "__main__":
    main()

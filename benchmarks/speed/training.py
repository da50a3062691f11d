"""The paper's networks: an epoch beside the paper's listing, and ``default`` beside ``paper``.

python -m benchmarks.speed.training --data DIR

DIR holds the published files of XNLI and KorNLI; see CONTRIBUTING.md.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch

from benchmarks.measure import Bar, alternate, publish
from langalign import registry
from langalign.api import embed
from langalign.corpora import ReadOptions, read_pairs
from langalign.training.split import split_pairs
from langalign.types import Vectors
from tests.aligners import listing

WIDTH = 768
BARS = {"ae": 1.8, "fc": 1.35}
PLAIN = {"ae": listing.Autoencoder, "fc": listing.FullyConnected}
Side = tuple[Vectors, Vectors]


def epoch_of_listing(name: str, pairs: Side, held_out: Side, seed: int) -> list[dict[str, float]]:
    """Train an epoch in an ordinary loop with torch's stock AdamW."""
    tensors = [tuple(map(torch.from_numpy, side)) for side in (pairs, held_out)]
    return listing.train(PLAIN[name], torch.optim.AdamW, 1e-5, *tensors, epochs=1, seed=seed)[1]


def epoch_of_ours(name: str, pairs: Side, held_out: Side, seed: int) -> tuple[Any, ...]:
    """Train an epoch with the paper's preset."""
    aligner = registry.get("aligners", name).from_preset("paper", {"epochs": 1})
    history: tuple[Any, ...] = aligner.fit(*pairs, validation=held_out, seed=seed).history_
    return history


def beside_listing(pairs: int, repeats: int, seed: int) -> tuple[list[Bar], dict[str, float]]:
    """Time an epoch of each network; losses of the same order and seed must agree first."""
    random = np.random.default_rng(seed)
    scale = np.float32(WIDTH**-0.5)
    drawn = [random.standard_normal((pairs, WIDTH), dtype=np.float32) * scale for _ in range(2)]
    held_out = tuple(side[: pairs // 10].copy() for side in drawn)
    for name in BARS:
        few = tuple(side[:800] for side in drawn)
        ours, theirs = (run(name, few, held_out, seed)[0] for run in (epoch_of_ours, epoch_of_listing))
        for loss in ("train_loss", "validation_loss"):
            np.testing.assert_allclose(ours[loss], theirs[loss], rtol=1e-5)
    contenders = {
        f"{name}, {who}": lambda name=name, run=run: run(name, tuple(drawn), held_out, seed)
        for name in BARS
        for who, run in (("listing", epoch_of_listing), ("langalign", epoch_of_ours))
    }
    median = alternate(contenders, repeats)
    bars = [
        Bar(
            f"an epoch of {name}, batch 16, {pairs:,} pairs, against the paper's listing",
            median[f"{name}, listing"] / median[f"{name}, langalign"],
            bar,
        )
        for name, bar in BARS.items()
    ]
    return bars, median


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


def sooner(data: Path, spec: str, paper_epochs: int, seed: int) -> tuple[list[Bar], dict[str, Any]]:
    """Compare the time that ``default`` and ``paper`` need to the best loss of ``paper``."""
    source: list[Any] = []
    target: list[Any] = []
    for split in ("dev", "test"):
        pairs = read_pairs(
            f"xnli:{split}.en/sentences", f"kornli:{split}/sentences", ReadOptions(data_dir=data)
        )
        source, target = source + pairs.source, target + pairs.target
    distinct = dict(zip(source, target, strict=True))
    sides = embed(list(distinct), spec), embed(list(distinct.values()), spec)
    split_rows = split_pairs(np.arange(len(distinct)), seed=seed)
    train, held_out = (
        tuple(side[rows] for side in sides) for rows in (split_rows.train, split_rows.validation)
    )
    paper = timed("paper", {"epochs": paper_epochs}, train, held_out, seed)
    default = timed("default", {}, train, held_out, seed)
    paper_seconds, goal = min(paper, key=lambda epoch: epoch[1])
    reached = [seconds for seconds, loss in default if loss <= goal]
    ratio = paper_seconds / reached[0] if reached else 0.0
    details = {
        "encoder": spec,
        "pairs": len(distinct),
        "paper": {"epochs": len(paper), "stopped_early": len(paper) < paper_epochs},
        "goal": goal,
        "seconds_of_paper": paper_seconds,
        "seconds_of_default": reached[0] if reached else None,
        "best_of_default": min(loss for _, loss in default),
    }
    return [Bar("ae: default against paper, time to the best loss of paper", ratio, 10)], details


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of XNLI and KorNLI; without it, epochs alone")
    parser.add_argument("--encoder", default="use-multilingual", help="SPEC for the pairs in DIR")
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument(
        "--paper-epochs", type=int, default=1000, help="the most epochs of the paper's preset"
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    bars, median = beside_listing(arguments.pairs, arguments.repeats, arguments.seed)
    details: dict[str, Any] = {"median_seconds": median, "threads": torch.get_num_threads()}
    if arguments.data:
        more, details["sooner"] = sooner(
            arguments.data, arguments.encoder, arguments.paper_epochs, arguments.seed
        )
        bars += more
    publish("training", bars, details, seed=arguments.seed)


if __name__ == "__main__":
    main()

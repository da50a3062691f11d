"""The paper's networks: an epoch beside the paper's listing in an ordinary loop.

python -m benchmarks.speed.training
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import torch

from benchmarks.measure import Bar, alternate, publish
from langalign import registry
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


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    bars, median = beside_listing(arguments.pairs, arguments.repeats, arguments.seed)
    details: dict[str, Any] = {"median_seconds": median, "threads": torch.get_num_threads()}
    publish("training", bars, details, seed=arguments.seed)


if __name__ == "__main__":
    main()

"""The paper's networks: an epoch beside the paper's listing in an ordinary loop.

python -m benchmarks.speed.training

Both train a whole epoch at the same time, in turns of a few steps, and each one's own turns are added up.
"""

from __future__ import annotations

import argparse
import statistics
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import nn

from benchmarks.measure import Bar, Step, no_step, publish, take_turns
from langalign import registry
from langalign.types import Vectors
from tests.aligners import listing

WIDTH = 768
BARS = {"ae": 1.8, "fc": 1.35}
PLAIN = {"ae": listing.Autoencoder, "fc": listing.FullyConnected}
STEPS = 50
Side = tuple[Vectors, Vectors]


def epoch_of_listing(
    name: str, pairs: Side, held_out: Side, seed: int, step: Step = no_step
) -> list[dict[str, float]]:
    """Train an epoch in an ordinary loop with torch's stock AdamW."""

    def make(width: int) -> nn.Module:
        network = PLAIN[name](width)
        network.register_forward_pre_hook(lambda module, _: step() if module.training else None)
        return network

    tensors = [tuple(map(torch.from_numpy, side)) for side in (pairs, held_out)]
    return listing.train(make, torch.optim.AdamW, 1e-5, *tensors, epochs=1, seed=seed)[1]


def epoch_of_ours(name: str, pairs: Side, held_out: Side, seed: int, step: Step = no_step) -> tuple[Any, ...]:
    """Train an epoch with the paper's preset."""
    aligner = registry.get("aligners", name).from_preset("paper", {"epochs": 1})
    fitted = aligner.fit(*pairs, validation=held_out, seed=seed, progress=lambda *_: step())
    history: tuple[Any, ...] = fitted.history_
    return history


EPOCHS = {"listing": epoch_of_listing, "langalign": epoch_of_ours}


def beside_listing(pairs: int, repeats: int, seed: int) -> tuple[list[Bar], dict[str, Any]]:
    """Time an epoch of each network; losses of the same order and seed must agree first."""
    random = np.random.default_rng(seed)
    scale = np.float32(WIDTH**-0.5)
    drawn = [random.standard_normal((pairs, WIDTH), dtype=np.float32) * scale for _ in range(2)]
    held_out = tuple(side[: pairs // 10].copy() for side in drawn)
    bars, spent = [], {}
    for name, bar in BARS.items():
        few = tuple(side[:800] for side in drawn)
        ours, theirs = (run(name, few, held_out, seed)[0] for run in EPOCHS.values())
        for loss in ("train_loss", "validation_loss"):
            np.testing.assert_allclose(ours[loss], theirs[loss], rtol=1e-5)
        contenders = {
            who: partial(epoch, name, tuple(drawn), held_out, seed) for who, epoch in EPOCHS.items()
        }
        spent[name] = [take_turns(contenders, STEPS) for _ in range(repeats)]
        ratio = statistics.median(taken["listing"] / taken["langalign"] for taken in spent[name])
        what = f"an epoch of {name}, batch 16, {pairs:,} pairs, against the paper's listing"
        bars.append(Bar(what, ratio, bar))
    return bars, {"seconds": spent, "steps_in_a_turn": STEPS}


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=20_000)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    bars, details = beside_listing(arguments.pairs, arguments.repeats, arguments.seed)
    publish("training", bars, {**details, "threads": torch.get_num_threads()}, seed=arguments.seed)


if __name__ == "__main__":
    main()

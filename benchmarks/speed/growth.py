"""How cost grows: the store, the closed-form aligners and retrieval, beside what the machine can do at best.

python -m benchmarks.speed.growth

Memory bandwidth, the rate of matrix products and of the disk are measured in the same run. Writes
``growth.json`` and one figure for each curve into ``growth/``. Needs 7 GB of disk at full size.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Bar, publish, results_folder, seconds
from benchmarks.speed.bounds import Machine, measure_machine
from benchmarks.speed.closed_form import draw
from benchmarks.speed.curves import draw_curve
from benchmarks.speed.store import IDENTITY, texts
from langalign import registry
from langalign.analysis.search import WANTED_RECALL, nearest
from langalign.store import Store, row_keys
from langalign.types import Vectors

WIDTH = 768
BLOCK = 40_000
READ = 10_000
SEARCHED_WIDTH = 384
LATENT = 96
NEIGHBOURS = 10
Curve = dict[str, Any]


def sizes(most: int) -> list[int]:
    """List 1, 3, 10, 30 … thousand, up to and with the largest."""
    steps = [step * 10**power for power in range(3, 8) for step in (1, 3)]
    return sorted({*(step for step in steps if step < most), most})


def median_seconds(action: Callable[[], object]) -> float:
    """Time an action, again while it is quick, and take the median."""
    taken = [seconds(action)]
    while len(taken) < 5 and sum(taken) < 1:
        taken.append(seconds(action))
    return statistics.median(taken)


def store_curve(folder: Path, most: int, machine: Machine, seed: int) -> Curve:
    """Write stores of growing size; open each and resolve 10,000 texts."""
    random = np.random.default_rng(seed)
    vectors = random.standard_normal((BLOCK, WIDTH), dtype=np.float32)
    everything, counts = texts(most), sizes(most)
    write, read = [], []
    for count in counts:
        cache = folder / str(count)
        write.append(
            seconds(lambda cache=cache, count=count: write_store(cache, everything[:count], vectors))
        )
        chosen = [everything[row] for row in random.permutation(count)[:READ]]
        read.append(median_seconds(lambda cache=cache, chosen=chosen: Store(cache, IDENTITY).vectors(chosen)))
        shutil.rmtree(cache)
    row = 4 * WIDTH
    return {
        "x": counts,
        "measured": {"write all texts": write, "read 10,000 texts, opening the store": read},
        "bounds": {
            "write: a plain file, synced": [count * row / machine.disk for count in counts],
            "write: memory": [2 * count * row / machine.memory for count in counts],
            "read: memory": [2 * min(count, READ) * row / machine.memory for count in counts],
        },
    }


def write_store(cache: Path, chosen: list[str], vectors: Vectors) -> None:
    """Write texts with vectors from a block, over and over."""
    store = Store(cache, IDENTITY)
    for start in range(0, len(chosen), BLOCK):
        part = chosen[start : start + BLOCK]
        store.append(row_keys(part), vectors[: len(part)])


def aligner_curve(folder: Path, most: int, machine: Machine, seed: int) -> Curve:
    """Fit the closed forms on growing numbers of mapped pairs."""
    sides = [
        np.lib.format.open_memmap(folder / f"{side}.npy", "w+", np.float32, (most, WIDTH))
        for side in ("source", "target")
    ]
    block = draw(min(most, BLOCK), seed)
    for start in range(0, most, BLOCK):
        for side, part in zip(sides, block, strict=True):
            side[start : start + BLOCK] = part[: most - start]
    held_out = tuple(side[:1000] for side in block)
    counts = sizes(most)
    measured = {
        name: [
            median_seconds(
                lambda name=name, count=count: registry.get("aligners", name)().fit(
                    *(side[:count] for side in sides), validation=held_out
                )
            )
            for count in counts
        ]
        for name in ("mean-shift", "procrustes", "linear")
    }
    product = [2 * count * WIDTH**2 / machine.multiply for count in counts]
    return {
        "x": counts,
        "measured": measured,
        "bounds": {
            "mean-shift: memory": [2 * count * 4 * WIDTH / machine.memory for count in counts],
            "procrustes: one product": product,
            # A vector's product with itself is symmetric, so it takes half as much.
            "linear: one and a half": [1.5 * taken for taken in product],
            "a decomposition of 768 × 768": [decomposition(block)] * len(counts),
        },
    }


def decomposition(block: tuple[Vectors, Vectors]) -> float:
    """Time what every fit of ``procrustes`` ends with, however many pairs there are."""
    import torch

    cross = torch.from_numpy(block[0].T @ block[1])
    return median_seconds(lambda: torch.linalg.svd(cross, full_matrices=False))


def retrieval_curve(most: int, most_exact: int, machine: Machine, seed: int) -> Curve:
    """Find the ten nearest of every vector among as many others, exactly and along a graph."""
    queries, base = searched(most, seed)
    counts = sizes(most)
    measured: dict[str, list[float | None]] = {"exact, through FAISS": [], "HNSW": []}
    recall: list[float | None] = []
    for count in counts:
        sides = queries[:count], base[:count]
        exact = None
        if count <= most_exact:
            exact = median_seconds(lambda sides=sides: nearest(*sides, NEIGHBOURS))
        measured["exact, through FAISS"].append(exact)
        found = []
        measured["HNSW"].append(
            seconds(
                lambda sides=sides, found=found: found.append(nearest(*sides, NEIGHBOURS, backend="hnsw"))
            )
        )
        recall.append(found[0].recall)
    return {
        "x": counts,
        "measured": measured,
        "recall": recall,
        "bounds": {
            "exact: one product": [2 * count**2 * SEARCHED_WIDTH / machine.multiply for count in counts]
        },
    }


def searched(count: int, seed: int) -> tuple[Vectors, Vectors]:
    """Draw pairs as anisotropic as sentence embeddings: few directions hold most of the spread."""
    random = np.random.default_rng(seed)
    scales = np.exp(-np.arange(LATENT, dtype=np.float32) / 32)
    turn = random.standard_normal((LATENT, SEARCHED_WIDTH), dtype=np.float32)
    meaning = random.standard_normal((count, LATENT), dtype=np.float32) * scales
    queries, base = (
        (meaning + 0.1 * random.standard_normal((count, LATENT), dtype=np.float32)) @ turn for _ in range(2)
    )
    return queries, base


def bars_of(curves: dict[str, Curve]) -> list[Bar]:
    """Set the recall of the approximate search against what it promises."""
    counts, recall = curves["retrieval"]["x"], curves["retrieval"]["recall"]
    return [
        Bar(
            f"HNSW among {counts[-1]:,}: share of the true ten nearest that it finds",
            recall[-1],
            WANTED_RECALL,
            "",
        )
    ]


def main() -> None:
    """Measure, draw and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--texts", type=int, default=1_000_000, help="the most texts of a store")
    parser.add_argument("--pairs", type=int, default=1_000_000, help="the most pairs of an aligner")
    parser.add_argument("--searched", type=int, default=200_000, help="the most vectors to search")
    parser.add_argument("--exact", type=int, default=100_000, help="the most to search exactly")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    seed = arguments.seed
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        machine = measure_machine(folder)
        curves = {"store": store_curve(folder, arguments.texts, machine, seed)}
        curves["aligners"] = aligner_curve(folder, arguments.pairs, machine, seed)
    curves["retrieval"] = retrieval_curve(arguments.searched, arguments.exact, machine, seed)
    for name, curve in curves.items():
        print(f"wrote {draw_curve(name, curve, machine.to_json(), results_folder() / 'growth')}")
    details = {"machine": machine.to_json(), "curves": curves}
    publish("growth", bars_of(curves), details, seed=seed)


if __name__ == "__main__":
    main()

"""``linear`` and ``procrustes`` from the store, beside their peers on arrays in memory; and a million pairs.

The peers: scipy's Procrustes; the formula of MUSE (Conneau et al., 2018, equation 2), an SVD of YᵀX; and
numpy's least squares with a constant, which is ``linear`` without its pull. The peers take the vectors as
they are, while ours centre them.

python -m benchmarks.speed.closed_form
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import scipy.linalg

from benchmarks.measure import Bar, alternate, publish
from langalign.aligners.linear import LinearAligner
from langalign.aligners.procrustes import ProcrustesAligner
from langalign.store import Store, row_keys
from langalign.store.store import StoredRows
from langalign.types import Identity, Vectors

WIDTH = 768
BLOCK = 20_000
CHECKED_PAIRS = 5_000


def draw(pairs: int, seed: int, first: int = 0) -> tuple[Vectors, Vectors]:
    """Draw unit vectors with a common centre; the target is the source, turned, plus noise.

    The turn and the centre belong to the seed, the pairs also to the number of the first one.
    """
    random = np.random.default_rng(seed)
    turn, _ = np.linalg.qr(random.standard_normal((WIDTH, WIDTH), dtype=np.float32))
    centre = random.standard_normal(WIDTH, dtype=np.float32)
    if first:
        random = np.random.default_rng([seed, first])
    source = random.standard_normal((pairs, WIDTH), dtype=np.float32) + centre
    target = source @ turn + 0.5 * random.standard_normal((pairs, WIDTH), dtype=np.float32)
    for side in (source, target):
        side /= np.linalg.norm(side, axis=1, keepdims=True)
    return source, target


def stored(cache: Path, name: str, vectors: Vectors) -> StoredRows:
    """Put one side into a store."""
    store = Store(cache, Identity("synthetic", name, "1"))
    texts = [f"{name} {number}" for number in range(len(vectors))]
    for start in range(0, len(texts), BLOCK):
        block = slice(start, start + BLOCK)
        store.append(row_keys(texts[block]), vectors[block])
    return store.rows(texts)


def check(source: Vectors, target: Vectors, rows: tuple[StoredRows, StoredRows]) -> None:
    """Refuse to time wrong answers."""
    x, y = (side.astype(np.float64) - side.mean(axis=0, dtype=np.float64) for side in (source, target))
    rotation, _ = scipy.linalg.orthogonal_procrustes(x, y)
    np.testing.assert_allclose(ProcrustesAligner().fit(*rows).weight_, rotation, atol=1e-3)
    gram, cross, penalty = x.T @ x, x.T @ y, 100.0
    strength = penalty * np.trace(gram) / x.size
    weight = scipy.linalg.solve(
        gram + strength * np.eye(WIDTH), cross + strength * np.eye(WIDTH), assume_a="pos"
    )
    np.testing.assert_allclose(LinearAligner(penalty=penalty).fit(*rows).weight_, weight, atol=1e-3)


def muse(source: Vectors, target: Vectors) -> Vectors:
    """Find the orthogonal ``W`` with ``W x ≈ y``: ``W = U Vᵀ`` where ``U S Vᵀ = svd(YᵀX)``."""
    left, _, right = scipy.linalg.svd(target.T @ source)
    weight: Vectors = left @ right
    return weight


def least_squares(source: Vectors, target: Vectors) -> Vectors:
    """Find the ``W`` and ``b`` with ``x W + b ≈ y``. Shape: ``(D + 1, D)``."""
    with_constant = np.column_stack([source, np.ones(len(source), dtype=np.float32)])
    return np.linalg.lstsq(with_constant, target, rcond=None)[0]


def check_peers(source: Vectors, target: Vectors) -> None:
    """Refuse to time peers that solve another problem."""
    rotation, _ = scipy.linalg.orthogonal_procrustes(source, target)
    np.testing.assert_allclose(muse(source, target).T, rotation, atol=1e-3)
    free = LinearAligner(penalty=1e-6).fit(source, target)
    np.testing.assert_allclose(least_squares(source, target)[:-1], free.weight_, atol=1e-2)


def beside_peers(folder: Path, pairs: int, repeats: int, seed: int) -> tuple[list[Bar], dict[str, float]]:
    """Time the fits from the store and from memory against float32 peers in memory."""
    source, target = draw(pairs, seed)
    rows = stored(folder, "source", source), stored(folder, "target", target)
    check(source, target, rows)
    check_peers(source[:CHECKED_PAIRS], target[:CHECKED_PAIRS])
    held_out = source[:5000], target[:5000]
    median = alternate(
        {
            "scipy": lambda: scipy.linalg.orthogonal_procrustes(source, target, check_finite=True),
            "MUSE": lambda: muse(source, target),
            "least squares": lambda: least_squares(source, target),
            "procrustes, store": lambda: ProcrustesAligner().fit(*rows),
            "procrustes, memory": lambda: ProcrustesAligner().fit(source, target),
            "linear, store": lambda: LinearAligner().fit(*rows, validation=held_out),
            "linear, memory": lambda: LinearAligner().fit(source, target, validation=held_out),
            "linear, memory, one strength": lambda: LinearAligner(penalty=100.0).fit(source, target),
        },
        repeats,
    )
    what = f"on {pairs:,} × {WIDTH} pairs from the store, against scipy float32 Procrustes in memory"
    bars = [
        Bar(f"{name} {what}", median["scipy"] / median[f"{name}, store"], 1)
        for name in ("procrustes", "linear")
    ]
    what = f"on {pairs:,} × {WIDTH} pairs from the store, against"
    bars += [
        Bar(f"procrustes {what} the formula of MUSE", median["MUSE"] / median["procrustes, store"], 1),
        Bar(f"linear {what} numpy's least squares", median["least squares"] / median["linear, store"], 1),
    ]
    return bars, median


FIT = """
import json, sys
import numpy as np
from benchmarks.measure import memory_peak
from langalign.aligners import fit_pairs
sides = [np.load(f"{sys.argv[2]}/{side}.npy", mmap_mode="r") for side in ("source", "target")]
with memory_peak() as peak:
    fitted = fit_pairs(sys.argv[1], *sides, groups=np.arange(len(sides[0])))
print(json.dumps({"seconds": fitted.seconds, "megabytes": peak(), "after": fitted.after}))
"""


def million(folder: Path, pairs: int, seed: int) -> tuple[list[Bar], dict[str, Any]]:
    """Fit on memory maps in a new process each and watch its anonymous memory."""
    maps = [
        np.lib.format.open_memmap(folder / f"{side}.npy", "w+", np.float32, (pairs, WIDTH))
        for side in ("source", "target")
    ]
    for number, start in enumerate(range(0, pairs, BLOCK)):
        block = draw(min(BLOCK, pairs - start), seed, first=number * BLOCK)
        for side, part in zip(maps, block, strict=True):
            side[start : start + len(part)] = part
    bars, runs = [], {}
    for name in ("procrustes", "linear"):
        done = subprocess.run(
            [sys.executable, "-c", FIT, name, str(folder)], check=True, capture_output=True, text=True
        )
        runs[name] = json.loads(done.stdout)
        what = f"{name} on {pairs:,} × {WIDTH} pairs: anonymous memory of the whole process"
        bars.append(Bar(what, runs[name]["megabytes"], 1500, "MB", at_most=True))
    return bars, runs


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=100_000)
    parser.add_argument("--many", type=int, default=1_000_000)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bars, median = beside_peers(Path(folder), arguments.pairs, arguments.repeats, arguments.seed)
        print("\n".join(f"{seconds:8.3f} s  {name}" for name, seconds in median.items()))
        more, runs = million(Path(folder), arguments.many, arguments.seed)
    publish(
        "closed_form",
        bars + more,
        {"median_seconds": median, "million": runs},
        seed=arguments.seed,
        peers=("scipy",),
    )


if __name__ == "__main__":
    main()

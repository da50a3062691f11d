"""Retrieval and CSLS of ``langalign.analysis`` beside brute force in numpy.

python -m benchmarks.speed.retrieval

Brute force keeps the whole table of cosines in memory. In float64 it is the oracle: cosines, ranks, P@1 and
CSLS must agree with it to 1e-6 before anything is timed. In float32 it is what a user would write.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Bar, alternate, publish
from langalign.analysis.cosine import cosine_summary
from langalign.analysis.retrieval import NEIGHBOURS, retrieval
from langalign.types import Vectors

WIDTH = 384
Figures = dict[str, float]


def draw(pairs: int, seed: int) -> tuple[Vectors, Vectors]:
    """Draw two sides of like meaning around a common centre, noisy enough that most are not found first."""
    random = np.random.default_rng(seed)
    meaning = random.standard_normal((pairs, WIDTH), dtype=np.float32)
    centre = 2 * random.standard_normal(WIDTH, dtype=np.float32)
    source, target = (
        meaning + centre + 2.2 * random.standard_normal((pairs, WIDTH), dtype=np.float32) for _ in range(2)
    )
    return source, target


def brute_force(source: Vectors, target: Vectors, dtype: type) -> Figures:
    """Measure both directions on the whole table of cosines."""
    x, y = (side.astype(dtype) for side in (source, target))
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    y /= np.linalg.norm(y, axis=1, keepdims=True)
    table = x @ y.T  # (P, P)
    matched = table.diagonal().copy()
    crowd = [nearest_mean(side) for side in (table, table.T)]
    figures = {"cosine_mean": float(matched.mean())}
    for way, side in (("source_to_target", table), ("target_to_source", table.T)):
        ranks = (side > matched[:, None]).sum(axis=1) + 1
        figures |= {
            f"p_at_1 {way}": float((ranks == 1).mean()),
            f"p_at_10 {way}": float((ranks <= 10).mean()),
            f"mrr {way}": float((1 / ranks).mean()),
        }
    # CSLS, halved: the query's own crowd changes nothing in a row, the candidate's does.
    own = np.arange(len(table))
    for way, side, theirs in (
        ("source_to_target", table, crowd[1]),
        ("target_to_source", table.T, crowd[0]),
    ):
        figures[f"csls_p_at_1 {way}"] = float(((side - theirs / 2).argmax(axis=1) == own).mean())
    return figures


def nearest_mean(table: NDArray[Any]) -> NDArray[Any]:
    """Average each row's ten highest cosines. Shape: ``(P,)``."""
    return np.partition(table, -NEIGHBOURS, axis=1)[:, -NEIGHBOURS:].mean(axis=1)


def ours(source: Vectors, target: Vectors, backend: Any) -> Figures:
    """Measure with the library, under the same names."""
    found = retrieval(source, target, backend=backend)
    figures = {"cosine_mean": cosine_summary(source, target).mean}
    for name in ("p_at_1", "p_at_10", "mrr", "csls_p_at_1"):
        figures |= {f"{name} {way}": value for way, value in getattr(found, name).items()}
    return figures


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=10_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    sides = draw(arguments.pairs, arguments.seed)
    oracle, found = brute_force(*sides, np.float64), ours(*sides, "faiss")
    difference = max(abs(found[name] - value) for name, value in oracle.items())
    what = "mean cosine, P@1, P@10, MRR, CSLS: largest difference to brute force in float64"
    bars = [Bar(what, difference, 1e-6, "", at_most=True)]
    if not bars[0].holds:
        raise SystemExit(f"figures differ, so nothing is timed: {oracle} and {found}")
    median = alternate(
        {
            "langalign, FAISS": lambda: ours(*sides, "faiss"),
            "langalign, exact": lambda: ours(*sides, "exact"),
            "numpy float32": lambda: brute_force(*sides, np.float32),
            "numpy float64": lambda: brute_force(*sides, np.float64),
        },
        arguments.repeats,
    )
    what = f"retrieval and CSLS, both ways, {arguments.pairs:,} × {arguments.pairs:,}, against numpy"
    bars += [
        Bar(f"{what} in {dtype}", median[f"numpy {dtype}"] / median["langalign, FAISS"], 1)
        for dtype in ("float32", "float64")
    ]
    publish(
        "retrieval", bars, {"width": WIDTH, "figures": found, "median_seconds": median}, seed=arguments.seed
    )


if __name__ == "__main__":
    main()

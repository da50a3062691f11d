"""Aligners beside the maps of isotrieve (PyPI, Apache-2.0) on real pairs: seconds to fit, and retrieval.

pip install isotrieve==0.4.0
python -m benchmarks.speed.mappings --data DIR
python -m benchmarks.speed.mappings --data DIR --encoder 'transformers:e5-small[pooling=mean]'

DIR holds the published files of XNLI and KorNLI. All learn from the same English–Korean pairs, each holding
out a tenth for choices of its own, and are measured on the same pairs that none has seen; each repeat draws
anew which these are. isotrieve fits the way there and the way back in one call, so here both ways are fitted
as well. Before timing counts, both ridge maps must agree where they mean the same: without a penalty.
"""

from __future__ import annotations

import argparse
import statistics
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Bar, alternate, publish
from langalign import registry
from langalign.aligners.linear import LinearAligner
from langalign.analysis.cosine import cosine_summary
from langalign.analysis.retrieval import retrieval, text_groups
from langalign.api import embed
from langalign.corpora import ReadOptions, read_pairs
from langalign.training.split import split_pairs
from langalign.types import Text, Vectors

TEST_PAIRS = 1000
PEERS = {"linear": "ridge", "procrustes": "Procrustes", "residual": "residual"}
Sides = tuple[Vectors, Vectors]
Map = Callable[[Vectors], Vectors]


@dataclass(frozen=True)
class Draw:
    """Pairs to learn from, pairs to measure on, and the groups of identical texts among these."""

    seed: int
    train: Sides
    test: Sides
    groups: tuple[Any, Any]


def real_pairs(data: Path) -> tuple[list[Text], list[Text]]:
    """Read the sentence pairs whose English side is new and whose Korean side is, too."""
    pairs = read_pairs("xnli:test.en/sentences", "kornli:test/sentences", ReadOptions(data_dir=data))
    kept = dict(zip(pairs.source, pairs.target, strict=True))
    kept = {target: source for source, target in kept.items()}
    return list(kept.values()), list(kept)


def isotrieve_maps() -> dict[str, Callable[[int], Any]]:
    """Give isotrieve's maps by the name of ours, each as a function of the seed."""
    from isotrieve.mapping.linear import OrthogonalProcrustesMapping, RidgeMapping
    from isotrieve.mapping.mlp import ResidualMLPMapping

    return {
        "linear": lambda seed: RidgeMapping(seed=seed),
        "procrustes": lambda seed: OrthogonalProcrustesMapping(seed=seed),
        "residual": lambda seed: ResidualMLPMapping(seed=seed, device="cpu"),
    }


def fit_theirs(name: str, train: Sides, seed: int) -> Map:
    """Fit isotrieve's map, both ways as it does."""
    import torch

    torch.manual_seed(seed)
    transform: Map = isotrieve_maps()[name](seed).fit(*train).transform
    return transform


def fit_ours(name: str, train: Sides, seed: int) -> Map:
    """Fit our aligner on nine tenths, choosing on the rest; both ways, as isotrieve does."""
    split = split_pairs(np.arange(len(train[0])), seed=seed)
    fit, held_out = (tuple(side[rows] for side in train) for rows in (split.train, split.validation))
    there, _back = (
        registry.get("aligners", name)().fit(*fit[::way], validation=held_out[::way], seed=seed).transform
        for way in (1, -1)
    )
    return there


FITS = {"langalign": fit_ours, "isotrieve": fit_theirs}


def check(train: Sides) -> None:
    """Refuse to compare unless both kinds of ridge map agree where they mean the same."""
    from isotrieve.mapping.linear import RidgeMapping

    source, target = (side.astype(np.float64) for side in train)
    nearly_free = RidgeMapping(alpha=1e-9, normalize_output=False, holdout_fraction=1 / len(source))
    theirs = nearly_free.fit(source, target).transform(source)
    # Which row it holds out is its own affair; one of thousands moves the map by less than the tolerance.
    ours = LinearAligner(penalty=1e-9).fit(*train).transform(train[0])
    cosines = (theirs * ours).sum(axis=1) / np.linalg.norm(theirs, axis=1) / np.linalg.norm(ours, axis=1)
    assert cosines.mean() > 0.999, f"the two least-squares maps differ: mean cosine {cosines.mean()}"


def quality(map_: Map, draw: Draw) -> dict[str, float]:
    """Measure a map on pairs it has not seen; of two directions the mean counts."""
    moved = np.asarray(map_(draw.test[0]), dtype=np.float32)
    mine, others = draw.groups
    found = retrieval(moved, draw.test[1], source_groups=mine, target_groups=others, backend="exact")
    return {
        "cosine_mean": cosine_summary(moved, draw.test[1]).mean,
        "p_at_1": float(np.mean([*found.p_at_1.values()])),
        "csls_p_at_1": float(np.mean([*found.csls_p_at_1.values()])),
    }


def drawn(texts: Sequence[Sequence[Text]], encoder: str, pairs: int, seed: int) -> Draw:
    """Draw pairs to learn from and pairs to measure on."""
    vectors = [embed(side, encoder) for side in texts]
    order = np.random.default_rng(seed).permutation(len(texts[0]))
    held_out, learned = order[:TEST_PAIRS], order[TEST_PAIRS : TEST_PAIRS + pairs]
    train, test = (tuple(side[rows] for side in vectors) for rows in (learned, held_out))
    return Draw(seed, train, test, tuple(text_groups([side[row] for row in held_out]) for side in texts))


def compared(draw: Draw) -> tuple[dict[str, float], dict[str, dict[str, float]]]:
    """Fit every map on the pairs of a draw, ours and theirs in turn: seconds, and figures on the others."""
    maps: dict[str, Map] = {"untouched": lambda vectors: vectors}

    def contender(name: str, who: str) -> Callable[[], None]:
        def fit() -> None:
            maps[f"{name}, {who}"] = FITS[who](name, draw.train, draw.seed)

        return fit

    taken = alternate({f"{name}, {who}": contender(name, who) for name in PEERS for who in FITS}, 1)
    return taken, {name: quality(map_, draw) for name, map_ in maps.items()}


def bars_of(pairs: int, median: dict[str, float], figures: dict[str, dict[str, float]]) -> list[Bar]:
    """Set each aligner beside its peer: time to fit, and retrieval on pairs that neither has seen."""
    bars = []
    for name, peer in PEERS.items():
        what = f"{name} on {pairs:,} English–Korean pairs, against isotrieve's {peer} map"
        ours, theirs = (f"{name}, {who}" for who in FITS)
        gain = figures[ours]["p_at_1"] - figures[theirs]["p_at_1"]
        bars += [
            Bar(f"{what}: time to fit", median[theirs] / median[ours], 1),
            Bar(f"{what}: held-out P@1 beyond its", 100 * gain, 0, "points"),
        ]
    return bars


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of XNLI and KorNLI")
    parser.add_argument("--encoder", default="use-multilingual", help="SPEC for the pairs in DIR")
    parser.add_argument("--pairs", type=int, default=5000, help="pairs to learn from")
    parser.add_argument("--repeats", type=int, default=5, help="draws of these pairs")
    parser.add_argument("--seed", type=int, default=0, help="of the first draw; each later one has the next")
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=UserWarning)  # isotrieve's, about few pairs
    texts, first = real_pairs(arguments.data), arguments.seed
    seeds = range(first, first + arguments.repeats)
    draws = [drawn(texts, arguments.encoder, arguments.pairs, seed) for seed in seeds]
    check(draws[0].train)
    taken, figures = zip(*map(compared, draws), strict=True)
    median = {name: statistics.median(one[name] for one in taken) for name in taken[0]}
    mean = {
        name: {figure: float(np.mean([one[name][figure] for one in figures])) for figure in every}
        for name, every in figures[0].items()
    }
    details = {
        "encoder": Path(arguments.encoder).name,
        "width": draws[0].train[0].shape[1],
        "held_out": mean,
        "p_at_1_of_each_draw": {name: [one[name]["p_at_1"] for one in figures] for name in mean},
        "median_seconds": median,
    }
    bars = bars_of(len(draws[0].train[0]), median, mean)
    publish("mappings", bars, details, seed=first, peers=("isotrieve",))


if __name__ == "__main__":
    main()

"""Vectors that sums stumble over: each aligner, head and metric gives finite figures or one clear error."""

from __future__ import annotations

import dataclasses
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from langalign import registry
from langalign.aligners import fit_pairs
from langalign.analysis.cosine import cosine_summary, matched_cosines
from langalign.analysis.projection import fit_plane
from langalign.analysis.retrieval import retrieval
from langalign.errors import LangalignError
from langalign.heads import classification_figures, fit_head, regression_figures
from tests.torture.campaign import Campaign
from tests.torture.outcome import Outcome
from tests.torture.trial import Tally

Side: TypeAlias = NDArray[Any]
WIDTH, PAIRS = 8, 40
DRAWN = np.random.default_rng(0).normal(size=(2, PAIRS, WIDTH)).astype(np.float32)


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Give each awkward set of vectors to everything that computes with vectors."""
    for kind, uses in (("aligners", aligners()), ("heads", heads()), ("metrics", METRICS)):
        campaign.tell(f"numbers: {kind}")
        tally = Tally(f"numbers: {kind}")
        chance = campaign.chance(kind)
        names = chance.sample([*AWKWARD], min(len(AWKWARD), campaign.scale(6, 100)))
        for name, (source, target) in ((name, AWKWARD[name]) for name in names):
            for user in chance.sample([*uses], min(len(uses), campaign.scale(2, 100))):
                tally.count(**problem(f"{user} of {name}", partial(uses[user], source, target)))
        yield tally.outcome()


def problem(what: str, use: Callable[[], Sequence[Any]]) -> dict[str, str]:
    """Say what was wrong with the figures, or with the error; see :meth:`Tally.count`."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        try:
            figures = use()
        except LangalignError as error:
            return {} if str(error) else {"unclear": f"{what}: an error without a line"}
        except Exception as error:
            return {"unclear": f"{what}: {type(error).__name__}: {error}"}
    if heard:
        return {"unclear": f"{what}: {heard[0].message}"}
    finite = all(np.isfinite(np.asarray(figure, dtype=float)).all() for figure in figures)
    return {} if finite else {"failed": f"{what}: not finite"}


def aligners() -> dict[str, Callable[[Side, Side], Sequence[Any]]]:
    """Fit and use each registered aligner, its training cut short."""
    return {name: partial(use_aligner, name) for name in registry.names("aligners")}


def use_aligner(name: str, source: Side, target: Side) -> Sequence[Any]:
    """Fit, and move both the pairs and vectors never seen."""
    groups = np.arange(len(source))
    fitted = fit_pairs(name, source, target, groups=groups, options=short("aligners", name))
    moved = [] if name == "identity" else [fitted.aligner.transform(source)]  # which gives what it gets
    return [*moved, *leaves(fitted.after)]


def heads() -> dict[str, Callable[[Side, Side], Sequence[Any]]]:
    """Fit and use each registered head on classes and on scores."""
    return {
        f"{name} on {kind}": partial(use_head, name, kind)
        for name in registry.names("heads")
        for kind in ("classes", "scores")
    }


def use_head(name: str, kind: str, source: Side, target: Side) -> Sequence[Any]:
    """Fit, and answer."""
    labels: Any = [str(number % 2) for number in range(len(source))]
    if kind == "scores":
        labels = np.asarray(target, dtype=np.float64)[:, 0]
    head = fit_head(name, source, labels, options=short("heads", name)).head
    return [head.scores(source), head.scores(DRAWN[0])]


def short(group: str, name: str) -> dict[str, Any]:
    """Cut training short where there is any."""
    fields = {field.name for field in dataclasses.fields(registry.get(group, name))}
    return {"epochs": 2} if "epochs" in fields else {}


def leaves(value: Any) -> Iterator[Any]:
    """Give all numbers of nested figures."""
    if isinstance(value, Mapping):
        for inner in value.values():
            yield from leaves(inner)
    elif value is not None:
        yield value


def scores(source: Side, target: Side) -> Sequence[Any]:
    """Correlate a column of each side."""
    columns = [np.asarray(side, dtype=np.float64)[:, 0] for side in (source, target)]
    return [*regression_figures(*columns).values()]


def classes(source: Side, target: Side) -> Sequence[Any]:
    """Compare classes that only one side has."""
    signs = [[str(value > 0) for value in side[:, 0]] for side in (source, target)]
    figures = classification_figures(*signs)
    return [figures["accuracy"], figures["macro_f1"]]


METRICS: Mapping[str, Callable[[Side, Side], Sequence[Any]]] = {
    "cosine": lambda source, target: [
        matched_cosines(source, target),
        *dataclasses.astuple(cosine_summary(source, target)),
    ],
    "retrieval": lambda source, target: [*leaves(dataclasses.asdict(retrieval(source, target)))],
    "plane": lambda source, target: [fit_plane(source, target).place(source)],
    "correlations": scores,
    "classes": classes,
}


def holed(value: float) -> tuple[Side, Side]:
    """Put one number into sound vectors."""
    source = DRAWN[0].copy()
    source[3, 2] = value
    return source, DRAWN[1]


def constant_columns() -> tuple[Side, Side]:
    """Let half the columns say nothing."""
    source, target = DRAWN.copy()
    source[:, ::2], target[:, ::2] = 3, -1
    return source, target


AWKWARD: Mapping[str, tuple[Side, Side]] = {
    "zeros": (np.zeros_like(DRAWN[0]), np.zeros_like(DRAWN[1])),
    "zeros on one side": (DRAWN[0], np.zeros_like(DRAWN[1])),
    "some zeros": (np.where(np.arange(PAIRS)[:, None] % 2, DRAWN[0], 0), DRAWN[1]),
    "one vector many times": (np.tile(DRAWN[0][:1], (PAIRS, 1)), np.tile(DRAWN[1][:1], (PAIRS, 1))),
    "two vectors many times": (np.tile(DRAWN[0][:2], (PAIRS // 2, 1)), DRAWN[1]),
    "one pair": (DRAWN[0][:1], DRAWN[1][:1]),
    "two pairs": (DRAWN[0][:2], DRAWN[1][:2]),
    "fewer pairs than numbers": (DRAWN[0][:5], DRAWN[1][:5]),
    "one number": (DRAWN[0][:, :1], DRAWN[1][:, :1]),
    "constant columns": constant_columns(),
    "the same on both sides": (DRAWN[0], DRAWN[0]),
    "opposites": (DRAWN[0], -DRAWN[0]),
    "tiny": (DRAWN[0] * np.float32(1e-20), DRAWN[1] * np.float32(1e-20)),
    "subnormal": (DRAWN[0] * np.float32(1e-40), DRAWN[1] * np.float32(1e-40)),
    "huge": (DRAWN[0] * np.float32(1e18), DRAWN[1] * np.float32(1e18)),
    "at the limit": (DRAWN[0] * np.float32(5e37), DRAWN[1] * np.float32(5e37)),
    "unlike scales": (DRAWN[0] * np.logspace(-15, 15, WIDTH, dtype=np.float32), DRAWN[1]),
    "far from the origin": (DRAWN[0] + np.float32(1e6), DRAWN[1] - np.float32(1e6)),
    "float16": (DRAWN[0].astype(np.float16), DRAWN[1].astype(np.float16)),
    "float16 at its limit": ((DRAWN[0] * 15_000).astype(np.float16), (DRAWN[1] * 15_000).astype(np.float16)),
    "a NaN": holed(float("nan")),
    "an infinity": holed(float("inf")),
    "one that is huge": holed(3e38),
}

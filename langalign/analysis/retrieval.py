"""Retrieval: whether each sentence finds its own translation among all of them.

The right answers of a query are its partner and every candidate with the partner's very text, since a
corpus that says "Thank you." ten times has ten equally right answers. Ranks are positions in the order
that :mod:`langalign.analysis.search` defines.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from langalign.analysis.cosine import Doubles, check_pairs, unit_rows
from langalign.analysis.sample import evenly
from langalign.analysis.search import Backend, Indices, Neighbours, nearest, score_blocks
from langalign.progress import part
from langalign.types import Progress, Text, Vectors

BothWays: TypeAlias = dict[str, float]
"""One figure, ``{"source_to_target": x, "target_to_source": y}``."""

NEIGHBOURS = 10
"""The k of CSLS and hubness, and the deepest P@k."""

DEEP_SAMPLE = 2000
"""The most queries that ``hnsw`` ranks beyond the nearest; each costs a look at every candidate."""


@dataclass(frozen=True)
class Retrieval:
    """Hold the retrieval figures, each in both directions.

    :param p_at_1: Share of queries whose best candidate is right.
    :param p_at_5: Share with a right one among the best five.
    :param p_at_10: Share with a right one among the best ten.
    :param mrr: Mean of 1 / rank of the best-ranked right candidate, over all candidates.
    :param csls_p_at_1: ``p_at_1`` in the order of CSLS.
    :param hubness: Skewness of how often a candidate is among the ten nearest of a query.
    :param recall: Share of the true nearest that the search found; 1 unless it is approximate.
    """

    p_at_1: BothWays
    p_at_5: BothWays
    p_at_10: BothWays
    mrr: BothWays
    csls_p_at_1: BothWays
    hubness: BothWays
    recall: BothWays


def text_groups(texts: Sequence[Text]) -> Indices:
    """Give texts numbers so that identical ones, and only these, share a number.

    :param texts: ``N`` texts or sentence pairs.
    :return: Group ids, counted from zero in order of appearance. Shape: ``(N,)``.
    """
    ids: dict[Text, int] = {}
    return np.array([ids.setdefault(text, len(ids)) for text in texts], dtype=np.int64)


def retrieval(
    source: Vectors,
    target: Vectors,
    *,
    source_groups: Indices | None = None,
    target_groups: Indices | None = None,
    backend: Backend = "faiss",
    progress: Progress | None = None,
) -> Retrieval:
    """Measure retrieval in both directions.

    CSLS (`Conneau et al., 2018`_, section 2.3) takes off what hubs owe to their crowded
    neighbourhood: ``CSLS(x, y) = 2 cos(x, y) − r_T(x) − r_S(y)``, where ``r_T(x)`` is the mean cosine
    of ``x`` to its ten nearest targets and ``r_S(y)`` that of ``y`` to its ten nearest sources.
    Hubness is the skewness of ``N₁₀`` (`Radovanović et al., 2010`_). With fewer than ten
    pairs, ten reads: all.

    :param source: Shape: ``(P, D)``.
    :param target: Shape: ``(P, D)``.
    :param source_groups: Ids of identical source texts; by default each row is its own.
        Shape: ``(P,)``.
    :param target_groups: The same for the target texts. Shape: ``(P,)``.
    :param backend: ``faiss`` or ``exact``, whose figures are the same, or ``hnsw``, whose figures rest on
        nearly all of the nearest, and whose ranks beyond ten on a sample of the queries.
    :param progress: Is told the search's steps done and in all.
    :return: The figures.
    :raises ShapeError: If the sides do not fit each other.
    :raises MissingExtraError: If FAISS is asked for and not installed.

    .. _Conneau et al., 2018: https://arxiv.org/abs/1710.04087
    .. _Radovanović et al., 2010: https://www.jmlr.org/papers/v11/radovanovic10a.html
    """
    check_pairs(source, target)
    left = np.arange(len(source)) if source_groups is None else source_groups
    right = np.arange(len(target)) if target_groups is None else target_groups
    forth = nearest(source, target, NEIGHBOURS, backend=backend, progress=part(progress, 0, 6))
    back = nearest(target, source, NEIGHBOURS, backend=backend, progress=part(progress, 1, 6))
    steps = [part(progress, step, 6) for step in range(2, 6)]
    there = _one_way(source, target, right, forth, back, backend, steps[:2])
    home = _one_way(target, source, left, back, forth, backend, steps[2:])
    both = {name: {"source_to_target": there[name], "target_to_source": home[name]} for name in there}
    return Retrieval(**both)


def _one_way(
    queries: Vectors,
    base: Vectors,
    groups: Indices,
    forth: Neighbours,
    back: Neighbours,
    backend: Backend,
    steps: Sequence[Progress | None],
) -> dict[str, float]:
    """Measure one direction; ``forth`` are the queries' neighbours, ``back`` those of the base rows."""
    ranks, beyond = _ranks(queries, base, groups, forth, DEEP_SAMPLE if backend == "hnsw" else None, steps[0])
    # Half of CSLS, less the query's own constant: the order is the same.
    csls = nearest(
        queries, base, 1, backend=backend, penalties=back.scores.mean(axis=1) / 2, progress=steps[1]
    )
    return {
        "p_at_1": float((ranks <= 1).mean()),
        "p_at_5": float((ranks <= 5).mean()),
        "p_at_10": float((ranks <= 10).mean()),
        "mrr": float(np.where(ranks > NEIGHBOURS, beyond, 1.0 / ranks).mean()),
        "csls_p_at_1": float((groups[csls.indices[:, 0]] == groups).mean()),
        "hubness": _skewness(np.bincount(forth.indices.ravel(), minlength=len(base))),
        "recall": min(forth.recall, csls.recall),
    }


def _ranks(
    queries: Vectors,
    base: Vectors,
    groups: Indices,
    forth: Neighbours,
    most_deep: int | None,
    progress: Progress | None,
) -> tuple[Indices, float]:
    """Rank the best right candidate of each query, from 1; all beyond the nearest count as one more.

    Give with it the mean of 1 / rank of those beyond, from at most so many of them. Shape: ``(P,)``.
    """
    right = groups[forth.indices] == groups[:, None]
    ranks: Indices = np.where(right.any(axis=1), right.argmax(axis=1) + 1, NEIGHBOURS + 1)
    deep = np.flatnonzero(~right.any(axis=1))
    if most_deep and len(deep) > most_deep:
        deep = deep[evenly(len(deep), most_deep)]
    if progress:
        progress(len(base) - len(deep), len(base))
    units, offsets = unit_rows(base), np.zeros(len(base))
    reciprocal = np.zeros(len(deep))
    for block, scores in score_blocks(unit_rows(queries[deep]), units, offsets):
        reciprocal[block] = 1.0 / _deep_ranks(scores, groups[deep[block], None] == groups)
        if progress:
            progress(len(base) - len(deep) + block.stop, len(base))
    return ranks, float(reciprocal.mean()) if len(deep) else 0.0


def _deep_ranks(scores: Doubles, right: NDArray[np.bool_]) -> Indices:
    """Count the candidates that come before the best right one. Shapes: ``(n, P)``, ``(n, P)``."""
    allowed = np.where(right, scores, -np.inf)
    place = allowed.argmax(axis=1)[:, None]  # of equal ones the first, as in the search
    best = np.take_along_axis(allowed, place, axis=1)
    tied_before = (scores == best) & (np.arange(scores.shape[1]) < place)
    before: Indices = ((scores > best) | tied_before).sum(axis=1)
    return before + 1


def _skewness(counts: Indices) -> float:
    """Take the third standardised moment; zero where all counts are equal."""
    deviations = counts - counts.mean()
    spread = deviations.std()
    return float((deviations**3).mean() / spread**3) if spread > 0 else 0.0

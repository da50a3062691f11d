"""Cosine nearest neighbours: through FAISS, by its brute-force twin, or nearly all of them through a graph.

The first two answer in one exactly defined order: the higher score first, of equal scores the lower index.
Scores are float64 cosines on a grid of 2⁻⁴⁰ (about 10⁻¹²), so that copies of a vector are equal
whatever their length and whatever order the sums were taken in.

FAISS searches in float32, which cannot tell near neighbours apart that float64 can. So it is asked for
more candidates than needed, these are scored again in float64, and the answer is kept only where the
rounding error of float32 provably hid no better one. The few queries where it might have (heaps of
copies, zero vectors, a collapsed space) are answered by the twin.

Their cost grows with the square of the rows. ``hnsw`` follows a graph of neighbours instead, as widely as it
takes to find 95 % of the true neighbours of a sample of the queries, and tells the share that it found. Where
that takes too wide a search, it is exact after all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from langalign.analysis._graph import NeighbourGraph
from langalign.analysis.cosine import Doubles, unit_rows
from langalign.analysis.sample import evenly
from langalign.errors import MissingExtraError, ShapeError
from langalign.progress import rest
from langalign.types import Progress, Vectors

Backend: TypeAlias = Literal["faiss", "exact", "hnsw"]
Indices: TypeAlias = NDArray[np.int64]

SLOW_ROWS = 100_000
"""Rows from which an exact search of all for all takes minutes on two cores, and a graph less."""

WANTED_RECALL = 0.95
"""Share of the true neighbours that ``hnsw`` is to find."""

GRAPH_FROM = 10_000
"""Rows of a base from which a graph can pay; below, ``hnsw`` searches exactly."""

_SAMPLE = 500  # queries on which the recall is measured
_MARGIN = 20
_QUERY_ROWS = 2048
_RESCORED_ROWS = 32  # their candidates fit the processor's cache
_CELLS = 1 << 21  # of a block of scores: 16 MiB
_GRID = 2.0**40
_FLOAT32_UNIT = 2.0**-24


@dataclass(frozen=True)
class Neighbours:
    """Hold the nearest base rows of each query, best first.

    :param scores: Cosines, less the penalties if there were any. Shape: ``(N, k)``, float64.
    :param indices: Rows of the base. Shape: ``(N, k)``, int64.
    :param recall: Share of the true neighbours that they are, measured on a sample; 1 for an exact search.
    """

    scores: Doubles
    indices: Indices
    recall: float = 1.0


def nearest(
    queries: Vectors,
    base: Vectors,
    k: int,
    *,
    backend: Backend = "faiss",
    penalties: Doubles | None = None,
    progress: Progress | None = None,
) -> Neighbours:
    """Find the ``k`` base rows with the highest ``cos(query, base) − penalty(base)``.

    Penalties make the search serve CSLS; FAISS sees them as one more dimension,
    ``[x, −1]·[y, penalty(y)]``. A zero vector has cosine 0 to everything.

    :param queries: Any scale. Shape: ``(N, D)``.
    :param base: Any scale. Shape: ``(M, D)``.
    :param k: Neighbours wanted for each query; at most ``M`` are given.
    :param backend: ``faiss`` or ``exact``, whose answers are the same, or ``hnsw``, which misses a few.
    :param penalties: What to take off the score of each base row. Shape: ``(M,)``.
    :param progress: Is told queries done and in all.
    :return: The neighbours.
    :raises ShapeError: If the widths differ or the base is empty.
    :raises MissingExtraError: If FAISS is asked for and not installed.
    """
    left, right = unit_rows(queries), unit_rows(base)
    if left.shape[1] != right.shape[1] or len(right) == 0:
        raise ShapeError(f"queries of shape {left.shape} cannot be searched in a base of shape {right.shape}")
    k = min(k, len(right))
    offsets = np.zeros(len(right)) if penalties is None else penalties
    search = {"faiss": _through_faiss, "exact": _brute_force, "hnsw": _through_graph}[backend]
    return search(left, right, offsets, k, progress)


def score_blocks(queries: Doubles, base: Doubles, offsets: Doubles) -> Iterator[tuple[slice, Doubles]]:
    """Score every query against every base row, a bounded block at a time.

    :param queries: Unit rows. Shape: ``(N, D)``.
    :param base: Unit rows. Shape: ``(M, D)``.
    :param offsets: Penalties of the base rows. Shape: ``(M,)``.
    :yield: The queries' slice, and their scores on the grid. Shape: ``(n, M)``.
    """
    rows = max(1, _CELLS // len(base))
    for start in range(0, len(queries), rows):
        block = slice(start, min(start + rows, len(queries)))
        yield block, _on_grid(queries[block] @ base.T - offsets)


def _brute_force(
    queries: Doubles, base: Doubles, offsets: Doubles, k: int, progress: Progress | None
) -> Neighbours:
    found = _nothing(len(queries), k)
    for block, scores in score_blocks(queries, base, offsets):
        found.indices[block] = [_best(row, k) for row in scores]
        found.scores[block] = np.take_along_axis(scores, found.indices[block], axis=1)
        if progress:
            progress(block.stop, len(queries))
    return found


def _best(scores: Doubles, k: int) -> Indices:
    """Pick the k best of one row; all that tie with the last one compete, and the lower index wins."""
    candidates = np.flatnonzero(scores >= np.partition(scores, -k)[-k])
    return candidates[np.argsort(-scores[candidates], kind="stable")[:k]]


def _through_faiss(
    queries: Doubles, base: Doubles, offsets: Doubles, k: int, progress: Progress | None
) -> Neighbours:
    index = _faiss_index(base, offsets)
    error = _float32_error(base, offsets)
    found = _nothing(len(queries), k)
    doubtful = np.zeros(len(queries), dtype=bool)
    for start in range(0, len(queries), _QUERY_ROWS):
        block = slice(start, min(start + _QUERY_ROWS, len(queries)))
        rough, candidates = index.search(_asked(queries[block]), min(k + _MARGIN, len(base)))
        found.scores[block], found.indices[block] = _best_of(queries[block], base, offsets, candidates, k)
        if len(base) > candidates.shape[1]:
            doubtful[block] = found.scores[block, -1] <= rough[:, -1] + error
        if progress:
            progress(block.stop - int(doubtful.sum()), len(queries))
    _settle(found, doubtful, queries, base, offsets, progress)
    return found


def _through_graph(
    queries: Doubles, base: Doubles, offsets: Doubles, k: int, progress: Progress | None
) -> Neighbours:
    if len(base) < GRAPH_FROM:
        return _through_faiss(queries, base, offsets, k, progress)
    graph = NeighbourGraph(require_faiss(), _searched(base, offsets))
    sample = evenly(len(queries), _SAMPLE)
    truth = _through_faiss(queries[sample], base, offsets, k, None)
    recall = graph.widen(_asked(queries[sample]), truth.indices, WANTED_RECALL)
    if recall < WANTED_RECALL:
        return _through_faiss(queries, base, offsets, k, progress)
    found = _nothing(len(queries), k, recall)
    for start in range(0, len(queries), _QUERY_ROWS):
        block = slice(start, min(start + _QUERY_ROWS, len(queries)))
        candidates = graph.search(_asked(queries[block]), min(k + _MARGIN, len(base)))
        found.scores[block], found.indices[block] = _best_of(queries[block], base, offsets, candidates, k)
        if progress:
            progress(block.stop, len(queries))
    # Where the graph is not connected, a query may find fewer than k.
    _settle(found, np.isneginf(found.scores[:, -1]), queries, base, offsets, None)
    return found


def _best_of(
    queries: Doubles, base: Doubles, offsets: Doubles, candidates: Indices, k: int
) -> tuple[Doubles, Indices]:
    """Pick the k best of each query's own candidates, scored in float64; -1 is no candidate."""
    scores = np.where(candidates < 0, -np.inf, _rescored(queries, base, offsets, candidates))
    order = np.lexsort((candidates, -scores), axis=-1)[:, :k]
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(candidates, order, axis=1)


def _settle(
    found: Neighbours,
    doubtful: NDArray[np.bool_],
    queries: Doubles,
    base: Doubles,
    offsets: Doubles,
    progress: Progress | None,
) -> None:
    """Let the twin answer the queries that are in doubt, in place."""
    if doubtful.any():
        k, settled = found.indices.shape[1], len(queries) - int(doubtful.sum())
        twin = _brute_force(queries[doubtful], base, offsets, k, rest(progress, settled))
        found.scores[doubtful], found.indices[doubtful] = twin.scores, twin.indices


def _rescored(queries: Doubles, base: Doubles, offsets: Doubles, candidates: Indices) -> Doubles:
    """Score each query's own candidates in float64. Shape: ``(n, c)``."""
    scores = -offsets[candidates]
    for start in range(0, len(queries), _RESCORED_ROWS):
        rows = slice(start, start + _RESCORED_ROWS)
        scores[rows] += np.einsum("nd,ncd->nc", queries[rows], base[candidates[rows]])
    return _on_grid(scores)


def _float32_error(base: Doubles, offsets: Doubles) -> float:
    """Bound the error of a float32 inner product of D + 1 terms: n·u·Σ|xᵢyᵢ| (Higham, 2002, eq. 3.5)."""
    terms = base.shape[1] + 4  # three more roundings: either factor to float32, and the grid
    return float(terms * _FLOAT32_UNIT * (1.0 + np.abs(offsets).max()))


def require_faiss() -> Any:
    """Import FAISS, before any work is done that would need it.

    :return: The module.
    :raises MissingExtraError: If it is not installed.
    """
    try:
        import faiss
    except ImportError as error:
        raise MissingExtraError("cosine-report", "faiss", "cpu") from error
    return faiss


def _faiss_index(base: Doubles, offsets: Doubles) -> Any:
    faiss = require_faiss()
    index = faiss.IndexFlatIP(base.shape[1] + 1)
    index.add(_searched(base, offsets))
    return index


def _searched(base: Doubles, offsets: Doubles) -> Vectors:
    """Put the penalties in as one more dimension. Shape: ``(M, D + 1)``."""
    return np.column_stack([base.astype(np.float32), offsets.astype(np.float32)])


def _asked(queries: Doubles) -> Vectors:
    """Let the queries take the penalties off. Shape: ``(N, D + 1)``."""
    return np.column_stack([queries.astype(np.float32), np.full(len(queries), -1.0, dtype=np.float32)])


def _on_grid(scores: Doubles) -> Doubles:
    scores *= _GRID
    np.rint(scores, out=scores)
    scores /= _GRID
    return scores


def _nothing(queries: int, k: int, recall: float = 1.0) -> Neighbours:
    return Neighbours(np.empty((queries, k)), np.empty((queries, k), dtype=np.int64), recall)

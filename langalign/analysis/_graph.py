"""A graph of neighbours (FAISS's HNSW) that is searched as widely as a wanted recall asks for.

How widely that must be depends on the data, so it is measured: twice as widely each time, until a sample of
the queries finds the wanted share of its true neighbours.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.types import Vectors

_LINKS = 32
_BUILD_WIDTH = 80
_NARROWEST = 16
_WIDEST = 1 / 16  # of the base; beyond, products of whole matrices are faster


class NeighbourGraph:
    """Finds rows of a base with high inner products: most of the best ones, not always all."""

    def __init__(self, faiss: Any, base: Vectors) -> None:
        """Link each row to rows near it (`Malkov and Yashunin, 2018`_).

        On one thread, as with several the links depend on which comes first.

        :param faiss: The module.
        :param base: Shape: ``(M, D)``.

        .. _Malkov and Yashunin, 2018: https://arxiv.org/abs/1603.09320
        """
        self._index = faiss.IndexHNSWFlat(base.shape[1], _LINKS, faiss.METRIC_INNER_PRODUCT)
        self._index.hnsw.efConstruction = _BUILD_WIDTH
        threads = faiss.omp_get_max_threads()
        faiss.omp_set_num_threads(1)
        try:
            self._index.add(base)
        finally:
            faiss.omp_set_num_threads(threads)

    def widen(self, queries: Vectors, truth: NDArray[np.int64], wanted: float) -> float:
        """Search as widely as the wanted recall takes.

        :param queries: A sample. Shape: ``(n, D)``.
        :param truth: Their true neighbours. Shape: ``(n, k)``.
        :param wanted: Share of these that is to be found.
        :return: The share that is found; less than wanted if it takes too wide a search.
        """
        width = _NARROWEST
        while True:
            self._index.hnsw.efSearch = width
            found = self.search(queries, truth.shape[1])
            recall = float((truth[:, :, None] == found[:, None, :]).any(axis=2).mean())
            if recall >= wanted or 2 * width > _WIDEST * self._index.ntotal:
                return recall
            width *= 2

    def search(self, queries: Vectors, count: int) -> NDArray[np.int64]:
        """Find candidates.

        :param queries: Shape: ``(N, D)``.
        :param count: How many for each query.
        :return: Rows of the base, -1 where fewer are found. Shape: ``(N, count)``.
        """
        found: NDArray[np.int64] = self._index.search(queries, count)[1]
        return found

"""An inverted file (FAISS's IVF) that is opened as wide as a wanted recall asks for.

k-means cuts the base into cells, and a query looks into the cells nearest to it only. How many these must
be depends on the data, so it is measured: twice as many each time, until a sample of the queries finds the
wanted share of its true neighbours.
"""

from __future__ import annotations

from math import isqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.types import Vectors

_ITERATIONS = 8
_POINTS_PER_CELL = 64  # that k-means learns from; FAISS's 256 take four times as long for no better cells


class InvertedIndex:
    """Finds rows of a base with high inner products, most of the best ones and not always all."""

    def __init__(self, faiss: Any, base: Vectors) -> None:
        """Cut the base into ``4 √M`` cells.

        :param faiss: The module.
        :param base: Shape: ``(M, D)``.
        """
        self.cells = min(4 * isqrt(len(base)), len(base))
        width = base.shape[1]
        self._quantizer = faiss.IndexFlatIP(width)
        self._index = faiss.IndexIVFFlat(self._quantizer, width, self.cells, faiss.METRIC_INNER_PRODUCT)
        self._index.cp.niter = _ITERATIONS
        self._index.cp.max_points_per_centroid = _POINTS_PER_CELL
        self._index.cp.min_points_per_centroid = 1
        self._index.train(base)
        self._index.add(base)

    def widen(self, queries: Vectors, truth: NDArray[np.int64], wanted: float) -> float:
        """Let queries look into as many cells as the wanted recall takes.

        :param queries: A sample. Shape: ``(n, D)``.
        :param truth: Their true neighbours. Shape: ``(n, k)``.
        :param wanted: Share of these that is to be found.
        :return: The share that is found.
        """
        self._index.nprobe = 1
        while True:
            found = self._index.search(queries, truth.shape[1])[1]
            recall = float((truth[:, :, None] == found[:, None, :]).any(axis=2).mean())
            if recall >= wanted or self._index.nprobe == self.cells:
                return recall
            self._index.nprobe = min(2 * self._index.nprobe, self.cells)

    def by_cell(self, queries: Vectors) -> NDArray[np.int64]:
        """Order queries so that those of one cell follow each other and find it in the processor's cache.

        :param queries: Shape: ``(N, D)``.
        :return: Row numbers. Shape: ``(N,)``.
        """
        order: NDArray[np.int64] = np.argsort(self._quantizer.search(queries, 1)[1][:, 0], kind="stable")
        return order

    def search(self, queries: Vectors, count: int) -> NDArray[np.int64]:
        """Find candidates.

        :param queries: Shape: ``(N, D)``.
        :param count: How many for each query.
        :return: Rows of the base, -1 where the cells hold fewer. Shape: ``(N, count)``.
        """
        found: NDArray[np.int64] = self._index.search(queries, count)[1]
        return found

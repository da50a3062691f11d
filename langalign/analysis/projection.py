"""The two-dimensional map.

The map is a plane of principal components, not t-SNE or UMAP, for three reasons. It is fitted once, on
the vectors *before* alignment, and shows everything in that one plane, so what moves on the map has
moved in the space. It is linear: points are never nearer in the space than they look. And it is the same
on every run. Vectors are scaled to length one first, as the report compares directions.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from langalign.analysis.cosine import Doubles, unit_rows
from langalign.errors import ShapeError
from langalign.types import Vectors


@dataclass(frozen=True)
class Plane:
    """Hold a plane through the space of the vectors.

    :param centre: Its origin. Shape: ``(D,)``.
    :param axes: Two orthonormal directions. Shape: ``(2, D)``.
    """

    centre: Doubles
    axes: Doubles

    def place(self, vectors: Vectors) -> Doubles:
        """Drop vectors onto the plane.

        :param vectors: Any scale. Shape: ``(N, D)``.
        :return: Coordinates. Shape: ``(N, 2)``.
        """
        return (unit_rows(vectors) - self.centre) @ self.axes.T


def fit_plane(*sides: Vectors) -> Plane:
    r"""Fit the plane in which the union of some vectors spreads most.

    The sign of each axis is fixed: its largest loading is positive. An axis for which there are too
    few vectors or dimensions is zero.

    :param \*sides: Vectors of one width. Shape of each: ``(N, D)``.
    :return: The plane.
    :raises ShapeError: If there are no vectors, or they differ in width.
    """
    if len({side.shape[1:] for side in sides}) != 1:
        raise ShapeError(f"one plane needs vectors of one width, got shapes {[side.shape for side in sides]}")
    from sklearn.decomposition import PCA

    rows = np.concatenate([unit_rows(side) for side in sides])
    axes = np.zeros((2, rows.shape[1]))
    with np.errstate(invalid="ignore"):  # identical vectors have no variance to take shares of
        components = PCA(min(2, *rows.shape), svd_solver="randomized", random_state=0).fit(rows).components_
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
    axes[: len(components)] = components * np.where(largest < 0, -1.0, 1.0)
    return Plane(rows.mean(axis=0), axes)

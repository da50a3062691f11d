"""Cosines of matched pairs, and their margin over the pairs that do not match.

A high mean cosine alone proves little: an aligner that throws all vectors together reaches it too.
The margin tells the two apart. All sums run in float64, block by block, so memory stays small however
many pairs there are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from langalign.errors import DataError, ShapeError
from langalign.types import Vectors

Doubles = NDArray[np.float64]
_BLOCK_ROWS = 4096


@dataclass(frozen=True)
class CosineSummary:
    """Tell how close the pairs lie.

    :param mean: Mean cosine of the matched pairs.
    :param std: Its population standard deviation over the pairs.
    :param margin: The mean minus the mean cosine of all unmatched pairs.
    """

    mean: float
    std: float
    margin: float


def unit_rows(vectors: Vectors) -> Doubles:
    """Scale each row to length one, in float64; a zero row stays zero.

    :param vectors: Any scale. Shape: ``(N, D)``.
    :return: Unit vectors. Shape: ``(N, D)``, float64.
    :raises ShapeError: If the array is not two-dimensional.
    :raises DataError: If a value is NaN or infinite.
    """
    rows = np.asarray(vectors, dtype=np.float64)
    if rows.ndim != 2:
        raise ShapeError(f"vectors must have shape (N, D), got {rows.shape}; give one row for each text")
    largest = np.abs(rows).max(axis=1, keepdims=True, initial=0.0)
    if not np.isfinite(largest).all():
        bad = int(np.flatnonzero(~np.isfinite(largest[:, 0]))[0])
        raise DataError(
            f"row {bad} of the vectors holds NaN or infinity; cosines need finite values: embed it again"
        )
    rows = rows / np.where(largest > 0, largest, 1.0)  # so that no square over- or underflows
    lengths = np.sqrt(np.einsum("nd,nd->n", rows, rows))[:, None]
    return rows / np.where(lengths > 0, lengths, 1.0)


def check_pairs(source: Vectors, target: Vectors) -> None:
    """Refuse sides whose rows cannot be compared one by one.

    :param source: Shape: ``(P, D)``.
    :param target: Shape: ``(P, D)``.
    :raises ShapeError: If the sides differ in number or width, or are empty.
    """
    if len(source) != len(target):
        raise ShapeError(f"source has {len(source):,} rows but target has {len(target):,}; pairs must match")
    if len(source) == 0:
        raise ShapeError("0 pairs were given; a comparison needs at least 1")
    if source.shape[1:] != target.shape[1:]:
        raise ShapeError(
            f"source vectors have shape {source.shape} but target vectors {target.shape}; "
            "only vectors of one width have a cosine: align one side first"
        )


def matched_cosines(source: Vectors, target: Vectors) -> Doubles:
    """Compare each source vector with its own target vector.

    :param source: Shape: ``(P, D)``.
    :param target: Shape: ``(P, D)``.
    :return: Cosines; zero where a vector is zero. Shape: ``(P,)``, float64.
    :raises ShapeError: If the sides do not fit each other.
    """
    check_pairs(source, target)
    return np.concatenate([_row_products(left, right) for left, right in _unit_blocks(source, target)])


def cosine_summary(source: Vectors, target: Vectors) -> CosineSummary:
    """Sum up the cosines of matched pairs and set them against the unmatched ones.

    With unit rows ``xᵢ`` and ``yⱼ``, all ``P(P−1)`` unmatched cosines sum to
    ``(Σxᵢ)·(Σyⱼ) − Σ xᵢ·yᵢ``, so none of them is computed one by one. A single pair has no unmatched
    ones; its margin is its cosine.

    :param source: Shape: ``(P, D)``.
    :param target: Shape: ``(P, D)``.
    :return: Mean, spread and margin.
    :raises ShapeError: If the sides do not fit each other.
    """
    check_pairs(source, target)
    source_sum, target_sum = np.zeros(source.shape[1]), np.zeros(target.shape[1])
    blocks = []
    for left, right in _unit_blocks(source, target):
        blocks.append(_row_products(left, right))
        source_sum += left.sum(axis=0)
        target_sum += right.sum(axis=0)
    cosines = np.concatenate(blocks)
    pairs, mean = len(cosines), float(cosines.mean())
    unmatched = (source_sum @ target_sum - cosines.sum()) / (pairs * (pairs - 1)) if pairs > 1 else 0.0
    return CosineSummary(mean, float(cosines.std()), float(mean - unmatched))


def _unit_blocks(source: Vectors, target: Vectors) -> Iterator[tuple[Doubles, Doubles]]:
    for start in range(0, len(source), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        yield unit_rows(source[block]), unit_rows(target[block])


def _row_products(left: Doubles, right: Doubles) -> Doubles:
    products: Doubles = np.einsum("pd,pd->p", left, right)
    return np.clip(products, -1.0, 1.0)

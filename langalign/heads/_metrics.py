"""How good predictions are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


def classification_figures(
    labels: Sequence[str], predicted: Sequence[str], order: Sequence[str] | None = None
) -> dict[str, Any]:
    """Compare predicted classes with the right ones.

    With ``h`` hits of a class, ``r`` rows and ``c`` claims of it: precision is ``h / c``, recall ``h / r``,
    F1 ``2 h / (r + c)``, each 0 where there is nothing to divide by. Macro-F1 is the plain mean over the
    classes that occur among the labels or the predictions.

    :param labels: ``N`` right classes.
    :param predicted: ``N`` predicted classes.
    :param order: Classes in the order of the confusion matrix; those that occur, sorted, if not given.
    :return: ``accuracy``, ``macro_f1``, ``per_class`` (precision, recall, f1, rows), ``confusion``
        (rows are right classes, columns predicted ones, shape ``(K, K)``) and ``labels``, its order.
    """
    occurring = sorted({*labels, *predicted})
    names = list(order) if order is not None else occurring
    code = {name: place for place, name in enumerate(dict.fromkeys([*names, *occurring]))}
    right, given = (np.array([code[name] for name in side]) for side in (labels, predicted))
    confusion = np.bincount(right * len(code) + given, minlength=len(code) ** 2).reshape(len(code), -1)
    hits, rows, claims = np.diagonal(confusion), confusion.sum(axis=1), confusion.sum(axis=0)
    f1 = _share(2 * hits, rows + claims)
    columns = {"precision": _share(hits, claims), "recall": _share(hits, rows), "f1": f1, "rows": rows}
    return {
        "accuracy": float(hits.sum() / len(right)),
        "macro_f1": float(f1[rows + claims > 0].mean()),
        "per_class": {
            name: {column: values[place].item() for column, values in columns.items()}
            for place, name in enumerate(names)
        },
        "confusion": confusion[: len(names), : len(names)].tolist(),
        "labels": names,
    }


def _share(part: NDArray[Any], whole: NDArray[Any]) -> Doubles:
    """Divide; 0 where there is nothing to divide by."""
    shares: Doubles = np.divide(part, whole, out=np.zeros(len(part)), where=whole > 0)
    return shares


def regression_figures(scores: Doubles, predicted: Doubles) -> dict[str, float]:
    """Correlate predicted scores with the right ones.

    :param scores: Right scores. Shape: ``(N,)``.
    :param predicted: Predicted scores. Shape: ``(N,)``.
    :return: ``pearson`` and ``spearman``; 0 where either side is constant.
    """
    return {"pearson": float(pearson(scores, predicted)), "spearman": float(spearman(scores, predicted))}


def pearson(one: Doubles, other: Doubles) -> Doubles:
    """Correlate along the last axis.

    :param one: Shape: ``(..., N)``.
    :param other: The same shape.
    :return: Pearson's r; 0 where a side is constant. Shape: ``(...)``.
    """
    one = one - one.mean(axis=-1, keepdims=True)
    other = other - other.mean(axis=-1, keepdims=True)
    scale = np.sqrt(np.square(one).sum(axis=-1) * np.square(other).sum(axis=-1))
    products = (one * other).sum(axis=-1)
    correlations: Doubles = np.divide(products, scale, out=np.zeros_like(products), where=scale > 0)
    return correlations


def spearman(one: Doubles, other: Doubles) -> Doubles:
    """Correlate ranks along the last axis; equal values share their mean rank.

    :param one: Shape: ``(..., N)``.
    :param other: The same shape.
    :return: Spearman's ρ; 0 where a side is constant. Shape: ``(...)``.
    """
    from scipy.stats import rankdata

    return pearson(rankdata(one, axis=-1), rankdata(other, axis=-1))

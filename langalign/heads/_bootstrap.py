"""How far figures can be trusted: intervals, and whether two heads differ.

Both draw the rows anew, with replacement, a thousand times. Rows with the same right class and the same
predictions are alike, so for classes it is their counts that are drawn, from a multinomial distribution:
the same resamples, at a cost that hardly depends on the number of rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from langalign.heads._metrics import Doubles, pearson, spearman

Answers: TypeAlias = Sequence[str] | NDArray[Any]
"""Class names, or scores as an array of floats. Shape: ``(N,)``."""

RESAMPLES = 1000
_CELLS = 2**20  # numbers in memory at once when scores are drawn


def bootstrap_interval(
    labels: Answers, predicted: Answers, *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, list[float]]:
    """Give 95 % intervals by the percentile bootstrap (`Efron & Tibshirani, 1993`_, chapter 13).

    :param labels: ``N`` right classes or scores.
    :param predicted: ``N`` predicted ones.
    :param seed: Seed of the draws.
    :param resamples: How often the rows are drawn anew.
    :return: ``[low, high]`` of ``accuracy`` and ``macro_f1``, or of ``pearson`` and ``spearman``.

    .. _Efron & Tibshirani, 1993: https://doi.org/10.1201/9780429246593
    """
    figures = _resampled(_coded([labels, predicted]), resamples, seed)
    return {name: np.percentile(drawn[0, 1:], [2.5, 97.5]).tolist() for name, drawn in figures.items()}


def paired_significance(
    labels: Answers, one: Answers, other: Answers, *, seed: int = 0, resamples: int = RESAMPLES
) -> dict[str, dict[str, Any]]:
    """Test whether two heads differ on the same rows, two-sided.

    Accuracy: the exact test of `McNemar, 1947`_, a binomial test of the rows that one head alone has
    right. The other figures: the paired bootstrap (`Berg-Kirkpatrick et al., 2012`_), where ``p`` is the
    share of resamples whose difference strays from the observed one ``δ`` by at least ``|δ|``.

    :param labels: ``N`` right classes or scores.
    :param one: ``N`` answers of the one head.
    :param other: ``N`` answers of the other.
    :param seed: Seed of the draws.
    :param resamples: How often the rows are drawn anew; no bootstrap ``p`` is below 1 / (resamples + 1).
    :return: For each figure ``difference`` (one minus other), ``p_value`` and ``test``.

    .. _McNemar, 1947: https://doi.org/10.1007/BF02295996
    .. _Berg-Kirkpatrick et al., 2012: https://aclanthology.org/D12-1091
    """
    found: dict[str, dict[str, Any]] = {}
    answers = _coded([labels, one, other])
    for name, drawn in _resampled(answers, resamples, seed).items():
        differences = drawn[0] - drawn[1]  # of the rows as they are, then of each resample
        observed = float(differences[0])
        if name == "accuracy":
            p_value, test = _mcnemar(*answers), "exact McNemar"
        else:
            strayed = np.abs(differences[1:] - observed) >= abs(observed) - 1e-12
            p_value, test = float((1 + strayed.sum()) / (1 + resamples)), "paired bootstrap"
        found[name] = {"difference": observed, "p_value": p_value, "test": test}
    return found


def _mcnemar(labels: NDArray[Any], one: NDArray[Any], other: NDArray[Any]) -> float:
    from scipy.stats import binomtest

    only_one = int(np.sum((one == labels) & (other != labels)))
    only_other = int(np.sum((one != labels) & (other == labels)))
    discordant = only_one + only_other
    return float(binomtest(only_one, discordant).pvalue) if discordant else 1.0


def _coded(answers: Sequence[Answers]) -> list[NDArray[Any]]:
    """Give each class the number of its name in order; leave scores as they are. Shape: ``(N,)`` each."""
    if np.asarray(answers[0]).dtype.kind == "f":
        return [np.asarray(each) for each in answers]
    codes = {name: code for code, name in enumerate(sorted(set().union(*answers)))}
    return [np.array([codes[name] for name in each]) for each in answers]


def _resampled(answers: list[NDArray[Any]], resamples: int, seed: int) -> dict[str, Doubles]:
    """Give each figure of each prediction: of the rows as they are, then of each resample.

    Shape: ``(predictions, 1 + resamples)``.
    """
    rng = np.random.default_rng(seed)
    if answers[0].dtype.kind == "f":
        return _resampled_scores(answers, resamples, rng)
    return _resampled_classes(answers, resamples, rng)


def _resampled_classes(
    answers: list[NDArray[Any]], resamples: int, rng: np.random.Generator
) -> dict[str, Doubles]:
    rows, classes = len(answers[0]), 1 + max(int(each.max()) for each in answers)
    shape = (classes,) * len(answers)
    kinds, counts = np.unique(np.ravel_multi_index(answers, shape), return_counts=True)  # (U,) each
    truth, *claims = (np.eye(classes)[codes] for codes in np.unravel_index(kinds, shape))  # (U, K) each
    drawn = np.vstack([counts, rng.multinomial(rows, counts / rows, size=resamples)])  # (1 + resamples, U)
    weights = drawn / rows
    accuracy, macro_f1 = [], []
    for claim in claims:
        hits = weights @ (truth * claim)  # (1 + resamples, K)
        sizes = weights @ (truth + claim)
        f1 = np.divide(2 * hits, sizes, out=np.zeros_like(hits), where=sizes > 0)
        accuracy.append(hits.sum(axis=1))
        macro_f1.append(f1.sum(axis=1) / (sizes > 0).sum(axis=1))  # over the classes that occur
    return {"accuracy": np.stack(accuracy), "macro_f1": np.stack(macro_f1)}


def _resampled_scores(
    answers: list[NDArray[Any]], resamples: int, rng: np.random.Generator
) -> dict[str, Doubles]:
    parts = []
    for picked in _drawn_rows(len(answers[0]), resamples, rng):
        truth = answers[0][picked]  # (n, N)
        parts.append(
            [[figure(truth, each[picked]) for each in answers[1:]] for figure in (pearson, spearman)]
        )
    pearsons, spearmans = np.concatenate(parts, axis=-1)  # (predictions, 1 + resamples) each
    return {"pearson": pearsons, "spearman": spearmans}


def _drawn_rows(rows: int, resamples: int, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Give the rows as they are, then drawn ones in blocks of bounded size. Shape: ``(n, rows)``."""
    yield np.arange(rows)[None]
    block = max(1, _CELLS // rows)
    for start in range(0, resamples, block):
        yield rng.integers(rows, size=(min(block, resamples - start), rows))

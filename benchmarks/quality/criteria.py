"""Which criterion, measured on pairs alone, tells how well an aligner will serve a task.

Every aligner of an experiment is judged by the pairs that it held out of its own, as ``auto`` judges its
candidates, and its score is that of the heads at the centre of the grid. A criterion is good if its order is
the order of the scores: Spearman's rank correlation.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from scipy.special import log_softmax
from scipy.stats import spearmanr

from langalign.aligners.auto import TEMPERATURES
from langalign.analysis.cosine import unit_rows
from langalign.analysis.report import report_row
from langalign.analysis.retrieval import text_groups
from langalign.analysis.sample import evenly
from langalign.experiments.bench import Bench, needed
from langalign.experiments.grid import Cell
from langalign.experiments.run import Ran
from langalign.experiments.work import make_aligner, opened
from langalign.training.split import linked_groups, split_pairs
from langalign.types import Vectors

CRITERIA = {
    "log_likelihood": "log-likelihood (`auto`)",
    "cosine_mean": "cosine",
    "margin": "margin",
    "p_at_1": "P@1",
    "csls_p_at_1": "P@1 by CSLS",
}
JUDGED_PAIRS = 2000
FORWARD, REVERSE = "forward", "reverse"


def judged(ran: Ran) -> list[dict[str, Any]]:
    """Judge the aligners of an experiment.

    :param ran: An experiment with a centre, run.
    :return: For each aligner its direction, pairs, seed, score and :data:`CRITERIA`; for comparison also
        ``identity``, whose score is that of English alone.
    """
    bench = ran.bench
    rows = needed(bench.spec.centre).rows
    scores = {cell: next(iter(result.scores.values())) for cell, result in ran.results.items()}
    found = []
    for cell, score in scores.items():
        if cell.size != rows or not _is_candidate(cell):
            continue
        found.append(_row(bench, cell, score, make_aligner(bench, cell)))
        english = scores.get(Cell("english", None, rows, cell.seed))
        if cell.does.aligner == "linear" and english is not None:
            found.append({**_row(bench, cell, english, None), "aligner": "identity"})
    return found


def log_likelihood(moved: Vectors, goal: Vectors) -> float:
    """Compute the criterion of ``auto``: the mean log-probability of the true partner, both ways.

    :param moved: Shape: ``(P, E)``.
    :param goal: Shape: ``(P, E)``.
    :return: The figure at the temperature that suits it best.
    """
    cosines = unit_rows(moved) @ unit_rows(goal).T
    return max(
        float(np.mean([np.diag(log_softmax(cosines / each, axis=axis)) for axis in (0, 1)]))
        for each in TEMPERATURES
    )


def correlations(rows: Sequence[dict[str, Any]]) -> dict[str, float]:
    """Correlate each criterion with the score, by rank: the mean over seeds.

    Seeds are kept apart since heads of two seeds differ more than two aligners do.

    :param rows: From :func:`judged`, of one direction.
    :return: Spearman's ρ by criterion; zero for one that never varies.
    """
    by_seed = [[row for row in rows if row["seed"] == seed] for seed in sorted({row["seed"] for row in rows})]
    return {name: statistics.mean(_correlation(name, own) for own in by_seed) for name in CRITERIA}


def _correlation(name: str, rows: Sequence[dict[str, Any]]) -> float:
    figures, scores = [row[name] for row in rows], [row["score"] for row in rows]
    if len({*figures}) == 1 or len({*scores}) == 1:
        return 0.0
    return float(spearmanr(figures, scores).statistic)


def table(results: Path) -> str:
    """Write the correlations in Markdown, a line for each experiment that was judged and direction.

    :param results: Folder of the experiments' results, each with its ``criteria.json``.
    :return: The table, the mean below it.
    """
    lines = [["experiment", "direction", "aligners", *CRITERIA.values()]]
    lines.append(["---", "---", *["---:"] * (len(CRITERIA) + 1)])
    every: list[dict[str, float]] = []
    for path in sorted(results.glob("*/criteria.json")):
        for direction, rows in _by_direction(json.loads(path.read_text(encoding="utf-8"))):
            own = correlations(rows)
            every.append(own)
            lines.append(
                [path.parent.name, direction, str(len(rows)), *(f"{own[name]:.2f}" for name in CRITERIA)]
            )
    if every:
        means = (f"**{statistics.mean(own[name] for own in every):.2f}**" for name in CRITERIA)
        lines.append(["mean", "", "", *means])
    said = (
        "Spearman's ρ between a criterion on held-out pairs and the score of the task, over all aligners and "
        "numbers of pairs, mean over seeds, with head rows as at the centre. At 1 the criterion orders "
        "aligners as the task does."
    )
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + f"\n{said}\n"


def _by_direction(rows: Sequence[dict[str, Any]]) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    for direction in (FORWARD, REVERSE):
        own = [row for row in rows if row["direction"] == direction]
        if own:
            yield direction, own


def _is_candidate(cell: Cell) -> bool:
    does = cell.does
    return bool(does.aligner) and does.aligner != "auto" and does.test and does.pairs == "apart"


def _row(bench: Bench, cell: Cell, score: float, aligner: Any) -> dict[str, Any]:
    source, target = bench.pair_texts(cell)
    held_out = split_pairs(linked_groups(text_groups(source), text_groups(target)), seed=cell.seed).validation
    judged = held_out[evenly(len(held_out), JUDGED_PAIRS)]
    sides = [[side[row] for row in judged] for side in (source, target)]
    _, store = opened(bench.encoder, bench.device, bench.cache)
    vectors = [store.vectors(side) for side in sides]
    if aligner is not None:
        moves = int(cell.does.reverse)
        vectors[moves] = aligner.transform(vectors[moves])
    groups = [text_groups(side) for side in sides]
    row = report_row(cell.method, *vectors, left_groups=groups[0], right_groups=groups[1], backend="exact")
    return {
        "aligner": cell.does.aligner,
        "direction": REVERSE if cell.does.reverse else FORWARD,
        "pairs": cell.pairs,
        "seed": cell.seed,
        "score": score,
        "log_likelihood": log_likelihood(*vectors),
        **{name: row.figure(name) for name in CRITERIA if name != "log_likelihood"},
    }

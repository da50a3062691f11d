"""The table, by numpy and scipy, and back out of each of its forms."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binomtest

from langalign.experiments import Entry, tabulate
from langalign.experiments.cells import Failure
from langalign.experiments.formats import MARK, caption, comma_separated, latex, markdown, plain, wide
from langalign.experiments.grid import Cell
from tests.experiments.finished import made, ran_with


def test_mean_and_deviation_are_those_of_numpy() -> None:
    ran, answers, truth = made()
    entry = next(one for one in tabulate(ran) if (one.method, one.size) == ("linear", 200))
    scores = [np.mean(np.array(answers[Cell("linear", 100, 200, seed)]) == truth) for seed in (0, 1)]
    assert entry.mean == pytest.approx(np.mean(scores))
    assert entry.deviation == pytest.approx(np.std(scores, ddof=1))
    assert entry.seeds == 2


def test_one_seed_has_no_deviation() -> None:
    ran, _, _ = made(seeds=1)
    assert all(entry.deviation is None for entry in tabulate(ran))
    assert "±" not in markdown(ran, tabulate(ran)).split("\n\n")[0]
    assert "seed 0" not in caption(made()[0], [])


def test_significance_is_mcnemars_by_scipy_in_the_worst_seed() -> None:
    ran, answers, truth = made()
    for entry in tabulate(ran):
        if entry.method == "english":
            assert (entry.p_value, entry.significant) == (None, False)
            continue
        p_values = []
        for seed in (0, 1):
            own = np.array(answers[Cell(entry.method, 100, entry.size, seed)]) == truth
            base = np.array(answers[Cell("english", None, entry.size, seed)]) == truth
            p_values.append(binomtest(int((own & ~base).sum()), int((own != base).sum())).pvalue)
        assert entry.p_value == pytest.approx(max(p_values))
        assert entry.significant == (max(p_values) < 0.05)
    marked = {entry.method for entry in tabulate(ran) if entry.significant}
    assert marked == {"linear"}


def test_without_the_baselines_size_nothing_is_tested() -> None:
    _, answers, truth = made()
    fewer = {cell: given for cell, given in answers.items() if (cell.method, cell.size) != ("english", 200)}
    entries = tabulate(ran_with(fewer, truth))
    assert [entry.p_value is None for entry in entries if entry.method == "linear"] == [False, True]
    assert all(entry.p_value is None for entry in tabulate(ran_with(fewer, truth, methods=["linear"])))


def test_the_best_of_each_size_is_marked() -> None:
    ran, _, _ = made()
    assert [(entry.method, entry.size) for entry in tabulate(ran) if entry.best] == [
        ("linear", 100),
        ("linear", 200),
    ]


def test_every_form_of_the_table_says_the_same() -> None:
    ran, _, _ = made()
    entries = tabulate(ran)
    rows = list(csv.DictReader(io.StringIO(comma_separated(Entry, entries))))
    assert [float(row["mean"]) for row in rows] == [entry.mean for entry in entries]
    assert [row["significant"] == "True" for row in rows] == [entry.significant for entry in entries]
    expected = {
        (entry.method, f"{entry.pairs or ''}", f"{entry.size}"): (
            f"{entry.mean * 100:.1f} ± {(entry.deviation or 0) * 100:.1f}",
            entry.best,
            entry.significant,
        )
        for entry in entries
    }
    assert read_markdown(markdown(ran, entries)) == expected
    assert read_latex(latex(ran, entries)) == expected
    header, body = wide(entries, plain)
    for row in body:
        for size, text in zip(header[2:], row[2:], strict=True):
            number, _, significant = expected[row[0], row[1], size]
            assert text == number + "†" * significant


def read_markdown(text: str) -> dict[tuple[str, ...], tuple[str, bool, bool]]:
    lines = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    header, _, *body = [[part.strip() for part in line] for line in lines]
    return {
        (method, pairs, size): (re.sub(r"[*†]", "", cell), "**" in cell, "†" in cell)
        for method, pairs, *cells in body
        for size, cell in zip(header[2:], cells, strict=True)
    }


def read_latex(text: str) -> dict[tuple[str, ...], tuple[str, bool, bool]]:
    table = text.split(r"\toprule")[1].split(r"\bottomrule")[0].replace(r"\midrule", "")
    lines = [line.removesuffix(r" \\").split(" & ") for line in table.strip().splitlines() if line.strip()]
    header, *body = lines
    read = {}
    for method, pairs, *cells in body:
        for size, cell in zip(header[2:], cells, strict=True):
            number = re.sub(r"\\textbf\{(.*)\}", r"\1", cell.replace(r"$^\dagger$", "")).replace(
                r"$\pm$", "±"
            )
            read[method, pairs, size] = number, "textbf" in cell, "dagger" in cell
    return read


def test_a_table_tells_which_figures_lack_seeds() -> None:
    ran, _, _ = made(seeds=3)
    lost = Cell("linear", 100, 200, 1)
    results = {cell: result for cell, result in ran.results.items() if cell != lost}
    ran = replace(ran, results=results, failures=[Failure(lost, "damaged")])
    entries = tabulate(ran)
    entry = next(one for one in entries if one.failed)
    assert (entry.method, entry.size, entry.seeds, entry.failed) == ("linear", 200, 2, 1)
    assert plain(entry).endswith(("[2]", f"[2]{MARK}"))
    assert sum("[" in plain(one) for one in entries) == 1
    for text in (markdown(ran, entries), latex(ran, entries)):
        assert "1 of 18 cells failed: [n] is a figure of n seeds." in text


def test_seeds_that_point_both_ways_show_nothing() -> None:
    truth, good, bad = [1] * 20, [1] * 18 + [0] * 2, [1] * 2 + [0] * 18
    baseline = [1] * 10 + [0] * 10
    for second, significant in ((good, True), (bad, False)):
        cells = {
            ("english", 0): baseline,
            ("english", 1): baseline,
            ("native", 0): good,
            ("native", 1): second,
        }
        answers = {Cell(method, None, 4, seed): given for (method, seed), given in cells.items()}
        entry = next(one for one in tabulate(ran_with(answers, truth)) if one.method == "native")
        assert entry.significant is significant
        assert entry.p_value == pytest.approx(2 * 0.5**8 if significant else 1.0)


def test_a_cosine_is_told_by_what_it_is_not_by_how_it_is_spelled() -> None:
    cosine = Entry("linear", 5, None, "source-target", 0.5, 0.01, 2)
    score = Entry("linear", 5, 4, "F–beta", 0.5, 0.01, 2)
    assert (plain(cosine), plain(score)) == ("0.500 ± 0.010", "50.0 ± 1.0")


def test_the_gap_to_native_is_told_where_native_is_ahead() -> None:
    right = {("english", 4): 4, ("native", 8): 8, ("linear", 4): 5, ("english", 8): 9, ("linear", 8): 7}
    truth = [1] * 10
    answers = {
        Cell(method, 5 if method == "linear" else None, size, 0): [1] * count + [0] * (10 - count)
        for (method, size), count in right.items()
    }
    ran = ran_with(
        answers, truth, gap={"native_rows": 8}, native={"data": "x"}, pairs={"data": "x", "sizes": [5]}
    )
    entries = {(entry.method, entry.size): entry for entry in tabulate(ran)}
    assert entries["linear", 4].gap == pytest.approx((5 - 4) / (8 - 4))
    assert entries["linear", 8].gap is None  # English alone is better than native
    assert entries["english", 4].gap is entries["native", 8].gap is None
    assert plain(entries["linear", 4]) == "50.0 (25 %)"
    assert plain(Entry("linear", 5, 4, "accuracy", 0.5, None, 1, gap=-0.004)) == "50.0 (0 %)"
    assert "| **50.0** (25 %) |" in markdown(ran, tabulate(ran))
    assert r"\textbf{50.0} (25 \%)" in latex(ran, tabulate(ran))
    assert "share of the gap from english to native with 8 rows" in caption(ran, tabulate(ran))


@pytest.mark.parametrize(("english", "ahead"), [([4, 9], True), ([5, 5], False), ([6, 9], False)])
def test_the_caption_says_where_native_is_not_ahead(english: list[int], ahead: bool) -> None:
    right = {("english", 4): english[0], ("native", 8): 5, ("linear", 4): 5, ("english", 8): english[1]}
    answers = {
        Cell(method, 5 if method == "linear" else None, size, 0): [1] * count + [0] * (10 - count)
        for (method, size), count in right.items()
    }
    changes = {"gap": {"native_rows": 8}, "native": {"data": "x"}, "pairs": {"data": "x", "sizes": [5]}}
    ran = ran_with(answers, [1] * 10, **changes)
    text = markdown(ran, tabulate(ran))
    assert ("%)" in text) is ("In brackets: share of the gap" in text) is ahead
    assert ("native with 8 rows is not a point ahead of english: no gap to close." in text) is not ahead


@pytest.mark.parametrize(("native", "share"), [(709, None), (710, 0.5)])
def test_a_share_of_less_than_a_point_is_not_told(native: int, share: float | None) -> None:
    right = {("english", 4): 700, ("native", 4): native, ("linear", 4): 705}
    answers = {
        Cell(method, 5 if method == "linear" else None, size, 0): [1] * count + [0] * (1000 - count)
        for (method, size), count in right.items()
    }
    changes = {"gap": {"native_rows": 4}, "native": {"data": "x"}, "pairs": {"data": "x", "sizes": [5]}}
    entries = {entry.method: entry for entry in tabulate(ran_with(answers, [1] * 1000, **changes))}
    assert entries["linear"].gap == (share and pytest.approx(share))


def test_the_caption_says_metric_rows_seeds_and_test() -> None:
    ran, _, _ = made()
    assert caption(ran, tabulate(ran)) == (
        "sentiment: accuracy × 100 on test (200 rows); mean ± standard deviation (n − 1) over seeds 0, 1. "
        "Columns: labelled rows of the head. Bold: best of its column. †: differs from english at p < 0.05 "
        "in every seed, and in one direction (exact McNemar test over the same test rows)."
    )


def test_latex_escapes_what_it_must() -> None:
    ran, _, _ = made()
    text = latex(ran, [Entry("a_b&c", None, 5, "accuracy", 0.5, None, 1)])
    assert r"a\_b\&c &  & 50.0 \\" in text
    assert "†" not in text
    assert "–" not in text

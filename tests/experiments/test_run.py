"""The runner: what each cell is, by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

import langalign
from langalign.aligners import fit_pairs
from langalign.analysis.retrieval import text_groups
from langalign.corpora import ReadOptions, read_pairs, read_texts
from langalign.errors import SpecError
from langalign.experiments import dry_run, load_spec, run_experiment
from langalign.experiments.draws import head_order, pair_order
from langalign.experiments.grid import Cell
from langalign.heads import Features, cotrain_head, fit_head
from tests.experiments.scene import SMALL, run, write_spec

ENCODER = "hashing[width=48]"


def vectors(texts: list[Any], tmp_path: Path) -> Any:
    return langalign.embed(texts, ENCODER, cache=tmp_path / "other-cache")


def labelled(data: str) -> tuple[list[Any], list[str]]:
    corpus = read_texts(data, ReadOptions(labels=True))
    return corpus.texts, corpus.labels or []


def test_each_method_is_what_one_would_do_by_hand(tmp_path: Path) -> None:
    ran = run(tmp_path)
    texts, labels = labelled("sample-sentiment:train.en")
    test_texts, test_labels = labelled("sample-sentiment:test.ko")
    pairs = read_pairs("sample-nli:train.en/sentences", "sample-nli:train.ko/sentences")
    rows = np.sort(np.random.default_rng(1).permutation(240)[:200])
    picked = pair_order(np.full(240, 240), 1)[:100]
    source = [pairs.source[row] for row in picked]
    target = [pairs.target[row] for row in picked]
    groups = {"groups": text_groups(source), "target_groups": text_groups(target)}
    sides = vectors(source, tmp_path), vectors(target, tmp_path)
    forward = fit_pairs("linear", *sides, seed=1, **groups).aligner
    back = fit_pairs("linear", *sides, seed=1, reverse=True, **groups).aligner

    def head(moved: Any) -> Any:
        own = [texts[row] for row in rows]
        return fit_head("linear", moved, [labels[row] for row in rows], seed=1, groups=text_groups(own)).head

    english = vectors([texts[row] for row in rows], tmp_path)
    korean = vectors(test_texts, tmp_path)
    expected = {
        "english": head(english).predict(korean),
        "linear": head(forward.transform(english)).predict(forward.transform(korean)),
        "reverse:linear": head(english).predict(back.transform(korean)),
    }
    for method, predicted in expected.items():
        cell = Cell(method, None if method == "english" else 100, 200, 1)
        result = ran.results[cell]
        assert [result.classes[code] for code in result.answers] == predicted
        assert result.scores["macro_f1"] == pytest.approx(f1_score(test_labels, predicted, average="macro"))


def test_co_training_is_what_one_would_do_by_hand(tmp_path: Path) -> None:
    unlabelled = {"data": "sample-sentiment:train.ko", "rows": 150}
    ran = run(tmp_path, methods=["english", "co-trained"], unlabelled=unlabelled, sizes=[200], seeds=[1])
    texts, labels = labelled("sample-sentiment:train.en")
    more, _ = labelled("sample-sentiment:train.ko")
    test_texts, _ = labelled("sample-sentiment:test.ko")
    rows = np.sort(np.random.default_rng(1).permutation(240)[:200])
    own = [texts[row] for row in rows]
    more = [more[row] for row in np.sort(np.random.default_rng(0).permutation(240)[:150])]
    groups = text_groups(own)
    right = [labels[row] for row in rows]
    teacher = fit_head("linear", vectors(own, tmp_path), right, seed=1, groups=groups)
    learned = cotrain_head(teacher, vectors(more, tmp_path), more, seed=1)
    beside = learned.characters.beside(test_texts) if learned.characters else None
    result = ran.results[Cell("co-trained", None, 200, 1)]
    expected = learned.head.predict(Features([vectors(test_texts, tmp_path)], beside=beside))
    assert [result.classes[code] for code in result.answers] == expected
    assert result.head != ran.results[Cell("english", None, 200, 1)].head


def test_co_training_needs_unlabelled_texts_and_enough_of_them(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="co-trained needs unlabelled, which the spec does not give"):
        run(tmp_path, methods=["co-trained"])
    with pytest.raises(SpecError, match=r"unlabelled.rows: 500 rows are asked for, but .* has 240"):
        run(tmp_path, methods=["co-trained"], unlabelled={"data": "sample-sentiment:train.ko", "rows": 500})


@pytest.mark.parametrize(
    ("labels", "metric", "suiting"),
    [("0.5", "macro_f1", "regression; choose one of: pearson"), ("2", "spearman", "classification; choose")],
)
def test_a_metric_that_does_not_suit_the_labels_is_told_first(
    tmp_path: Path, labels: str, metric: str, suiting: str
) -> None:
    rows = [f"a text {number}\t{number % 5 * float(labels):g}" for number in range(40)]
    (tmp_path / "rows.tsv").write_text("\n".join(["text\tlabel", *rows]) + "\n")
    data = {"data": str(tmp_path / "rows.tsv")}
    changes = {"source": data, "test": data, "native": None, "translation": None, "sizes": [30]}
    task = {"name": "a", "metric": metric}
    with pytest.raises(SpecError, match=rf"task\.metric: {metric} does not suit .* learned by {suiting}"):
        run(tmp_path, methods=["english"], seeds=[0], task=task, **changes)
    if metric == "spearman":  # whole numbers are scores when asked
        head = {"name": "linear", "options": {"task": "regression"}}
        assert not run(tmp_path, methods=["english"], seeds=[0], task=task, head=head, **changes).failures


def test_scores_are_learned_and_correlated(tmp_path: Path) -> None:
    def write(name: str, count: int, start: int) -> str:
        rows = [
            f"text {'good ' * (n % 7)}number {n}\t{(n % 7) / 2 + 0.25}" for n in range(start, start + count)
        ]
        (tmp_path / name).write_text("\n".join(["text\tscore", *rows]) + "\n")
        return str(tmp_path / name)

    ran = run(
        tmp_path,
        task={"name": "sts", "metric": "spearman"},
        source={"data": write("train.tsv", 90, 0)},
        test={"data": write("test.tsv", 60, 500), "rows": 40},
        methods=["english"],
        native=None,
        translation=None,
        sizes=[80],
        seeds=[0],
    )
    (result,) = ran.results.values()
    assert (len(result.answers), result.classes) == (40, [])
    assert result.scores["spearman"] > 0.8


def test_sentence_pairs_are_embedded_one_by_one_where_the_encoder_cannot_join_them(tmp_path: Path) -> None:
    ran = run(
        tmp_path,
        task={"name": "nli", "metric": "accuracy"},
        source={"data": "sample-nli:train.en"},
        test={"data": "sample-nli:test.ko"},
        translation={"data": "sample-nli:train.ko"},
        native=None,
        pairs={"translations": True, "sizes": [60]},
        methods=[
            "english",
            "translated",
            "linear",
            "shared-data:linear",
            "without-aligner-at-inference:linear",
        ],
        sizes=[50],
        seeds=[0],
    )
    assert ran.bench.pair_features == "sentence"
    assert not ran.failures
    labels = labelled("sample-nli:test.ko")[1]
    for result in ran.results.values():
        predicted = [result.classes[int(code)] for code in result.answers]
        assert result.scores["accuracy"] == pytest.approx(accuracy_score(labels, predicted))
    shared = ran.results[Cell("shared-data:linear", None, 50, 0)]
    apart = ran.results[Cell("linear", 60, 50, 0)]
    assert shared.overlap == 50
    assert apart.overlap == 0  # 120 rows suffice for both
    assert shared.aligner != apart.aligner


def test_overlap_is_counted_where_texts_do_not_suffice(tmp_path: Path) -> None:
    ran = run(
        tmp_path, methods=["linear"], pairs={"translations": True, "sizes": [150]}, sizes=[200], seeds=[0]
    )
    (result,) = ran.results.values()
    assert result.overlap == 150 + 200 - 240
    rows = head_order(240, 0)
    assert ran.bench.pair_rows(result.cell).tolist() == rows[::-1][:150].tolist()


@pytest.mark.parametrize("seed", [0, 1])
def test_shared_data_needs_pairs_of_the_heads_rows(tmp_path: Path, seed: int) -> None:
    places: dict[str, Any] = {"out": tmp_path / "out", "cache": tmp_path / "cache"}
    sizes = [20, 120]
    texts, _ = labelled("sample-sentiment:train.en")
    order = np.random.default_rng(seed).permutation(240)
    only = tmp_path / "pairs.tsv"  # the 50th text of the head's is the only one with a translation
    only.write_text(f"text\tlabel\n{texts[order[49]]}\t하나\n", encoding="utf-8")
    pairs = {"data": str(only), "source_column": "text", "target_column": "label", "sizes": [1]}
    lacking: dict[str, Any] = {"encoder": None, "tune": {"model": "nowhere", "rows": 9}}
    for changes in ({}, lacking, {"encoder": "transformers:no/such-model"}):
        methods = ["english", "shared-data:linear"]
        path = write_spec(tmp_path, methods=methods, pairs=pairs, sizes=sizes, seeds=[seed], **changes)
        says = r"shared-data:linear: no pair has a text of the 20 rows that the head learns from, of 1 pairs"
        with pytest.raises(SpecError, match=says):
            run_experiment(load_spec(path), **places)
        with pytest.raises(SpecError, match=says):
            dry_run(load_spec(path), **places, data_dir=None, device="cpu")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "cache").exists()


COSINE: dict[str, Any] = {
    "task": {"name": "cosine", "metric": "cosine"},
    "methods": ["linear", "reverse:linear"],
    "pairs": {**SMALL["pairs"], "sizes": [50, 100]},
    "held_out": {"rows": 40},
    "sizes": None,
    "source": None,
    "test": None,
    "native": None,
    "translation": None,
}


def test_cosine_is_measured_on_texts_that_no_size_takes(tmp_path: Path) -> None:
    ran = run(tmp_path, **COSINE)
    pairs = read_pairs("sample-nli:train.en/sentences", "sample-nli:train.ko/sentences")
    recurring = 0
    for seed in (0, 1):
        order = pair_order(np.zeros(240, dtype=np.int64), seed)
        measured, others = order[-40:], order[:-40]
        sides = [pairs.source[row] for row in measured], [pairs.target[row] for row in measured]
        learnable = [
            row for row in others if pairs.source[row] not in sides[0] and pairs.target[row] not in sides[1]
        ]
        recurring += len(others) - len(learnable)
        for size in (50, 100):
            cell = Cell("linear", size, None, seed)
            assert ran.bench.pair_rows(cell).tolist() == learnable[:size]
            assert ran.bench.held_out(cell) == sides
            learned = {text for side in ran.bench.pair_texts(cell) for text in side}
            assert learned.isdisjoint([*sides[0], *sides[1]])
    assert recurring > 0
    cell = Cell("linear", 50, None, 0)
    source, target = (vectors(side, tmp_path) for side in ran.bench.held_out(cell))
    unit = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in (source, target)]
    result = ran.results[cell]
    assert result.scores["EN–TR"] == pytest.approx((unit[0] * unit[1]).sum(axis=1).mean(), abs=1e-6)
    assert result.scores["TR–A(EN)"] > result.scores["EN–TR"]
    assert set(ran.results[Cell("reverse:linear", 50, None, 0)].scores) == {"EN–TR", "EN–A(TR)", "TR–A(TR)"}


def test_too_few_pairs_beside_those_held_out_are_one_line(tmp_path: Path) -> None:
    pairs = {**SMALL["pairs"], "sizes": [200]}  # enough rows, but premises recur
    says = (
        r"linear, 200 pairs, seed 0: 200 pairs are asked for, but only 1\d\d of 240 share no text with the 40"
    )
    with pytest.raises(SpecError, match=says):
        run(tmp_path, **{**COSINE, "pairs": pairs})
    assert not (tmp_path / "out").exists()

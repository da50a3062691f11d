"""The runner: what a cell is, what is reused, what failure and kill leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
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
from langalign.experiments.draws import head_order, pair_order
from langalign.experiments.grid import Cell
from langalign.heads import Features, cotrain_head, fit_head
from tests.experiments.scene import SMALL, run, write_spec

ENCODER = "hashing[width=48]"


def folders(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir())


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


def test_parts_are_made_once_and_shared_between_cells(tmp_path: Path) -> None:
    ran = run(tmp_path)
    assert (len(ran.cells), len(ran.results), ran.reused, list(ran.failures)) == (28, 28, 0, [])
    assert len(folders(tmp_path / "out" / "cells")) == 28
    # linear and its reverse, 2 numbers of pairs, 2 seeds
    assert len(folders(tmp_path / "out" / "aligners")) == 8
    # 4 English heads serve english, reverse:linear and without-aligner; 4 native; 8 behind an aligner
    assert len(folders(tmp_path / "out" / "heads")) == 16
    english, without = (ran.results[Cell(name, None, 200, 0)] for name in ("english", "without-aligner"))
    assert (english.head, english.answers) == (without.head, without.answers)


def test_a_second_run_reuses_everything(tmp_path: Path) -> None:
    first = run(tmp_path)
    files = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*") if path.is_file()}
    second = run(tmp_path)
    assert (second.reused, second.results) == (28, first.results)
    assert {path: path.stat().st_mtime_ns for path in files} == files


def test_a_wider_spec_runs_only_what_is_new(tmp_path: Path) -> None:
    run(tmp_path)
    wider = run(tmp_path, seeds=[0, 1, 2])
    assert (len(wider.cells), wider.reused) == (42, 28)


def test_a_changed_option_makes_anew_what_depends_on_it(tmp_path: Path) -> None:
    run(tmp_path, seeds=[0])
    changed = run(tmp_path, seeds=[0], aligners={"linear": {"options": {"keep_target": True}}})
    assert (len(changed.cells), changed.reused) == (14, 6)  # all without an aligner
    other_metric = run(tmp_path, seeds=[0], task={"name": "sentiment", "metric": "accuracy"})
    assert other_metric.reused == 0
    assert len(folders(tmp_path / "out" / "heads")) == 12  # 2 English, 2 native, 4 + 4 behind aligners


def test_cells_side_by_side_give_the_same_to_the_last_bit(tmp_path: Path) -> None:
    methods = ["english", "linear", "ae", "reverse:ae"]
    aligners = {"ae": {"options": {"epochs": 2}}}
    head = {"name": "mlp", "options": {"epochs": 3}}
    changes = {"methods": methods, "aligners": aligners, "head": head, "seeds": [0], "sizes": [100]}
    alone = run(tmp_path, "alone", **changes)
    together = run(tmp_path, "together", workers=2, **changes)
    assert alone.results == together.results
    for cell in folders(tmp_path / "alone" / "cells"):
        one, other = ((tmp_path / out / "cells" / cell).read_bytes() for out in ("alone", "together"))
        assert one == other


def test_a_failed_cell_is_told_and_the_others_go_on(tmp_path: Path) -> None:
    methods = ["english", {"method": "linear", "pairs": [5, 100]}]
    ran = run(tmp_path, methods=methods, seeds=[0])
    assert [str(failure.cell) for failure in ran.failures] == [
        "linear, 5 pairs, 100 rows, seed 0",
        "linear, 5 pairs, 200 rows, seed 0",
    ]
    assert "5 rows with 5 distinct texts cannot be split" in ran.failures[0].error
    assert len(ran.results) == 4
    tables = run(tmp_path, methods=methods, seeds=[0])
    assert (tables.reused, len(tables.failures)) == (4, 2)


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


def test_shared_data_needs_pairs_of_the_heads_rows(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match=r"shared-data:linear: no pair has a text of the 100 rows"):
        run(tmp_path, methods=["shared-data:linear"])


def test_cosine_is_measured_on_pairs_that_no_size_takes(tmp_path: Path) -> None:
    ran = run(
        tmp_path,
        task={"name": "cosine", "metric": "cosine"},
        methods=["linear", "reverse:linear"],
        held_out={"rows": 40},
        seeds=[0],
        sizes=None,
        source=None,
        test=None,
        native=None,
        translation=None,
    )
    cell = Cell("linear", 100, None, 0)
    learned = set(ran.bench.pair_rows(Cell("linear", 200, None, 0)))
    held_out = ran.bench.held_out_rows(cell)
    assert not learned & set(held_out)
    source, target = (vectors(side, tmp_path) for side in ran.bench.held_out(cell))
    unit = [side / np.linalg.norm(side, axis=1, keepdims=True) for side in (source, target)]
    result = ran.results[cell]
    assert result.scores["EN–TR"] == pytest.approx((unit[0] * unit[1]).sum(axis=1).mean(), abs=1e-6)
    assert result.scores["TR–A(EN)"] > result.scores["EN–TR"]
    assert set(ran.results[Cell("reverse:linear", 100, None, 0)].scores) == {"EN–TR", "EN–A(TR)", "TR–A(TR)"}


def test_progress_counts_every_cell(tmp_path: Path) -> None:
    from contextlib import contextmanager

    from langalign.experiments import load_spec, run_experiment

    told: dict[str, list[tuple[int, int]]] = {}

    @contextmanager
    def stages(title: str, unit: str) -> Any:
        yield lambda done, total: told.setdefault(title, []).append((done, total))

    spec = load_spec(write_spec(tmp_path, seeds=[0], sizes=[100]))
    run_experiment(spec, out=tmp_path / "out", cache=tmp_path / "cache", workers=1, stages=stages)
    assert told["run cells"][-1] == (7, 7)
    assert told["fit aligners"] == [(1, 4), (2, 4), (3, 4), (4, 4)]
    assert told["embed"][-1][0] == told["embed"][-1][1]


def test_a_killed_run_goes_on_where_it_was(tmp_path: Path) -> None:
    head = {"name": "mlp", "options": {"epochs": 40, "patience": 40}}
    spec = write_spec(
        tmp_path, head=head, methods=["english", "linear"], pairs={**SMALL["pairs"], "sizes": [100]}
    )
    command = [sys.executable, "-m", "langalign_cli.main", "experiment", str(spec), "--out", "out", "-q"]
    environment = {**os.environ, "LANGALIGN_CACHE": str(tmp_path / "cache")}
    cells = tmp_path / "out" / "cells"
    running = subprocess.Popen(
        [*command, "--workers", "1"], cwd=tmp_path, env=environment, stdout=subprocess.DEVNULL
    )
    while running.poll() is None and not (cells.is_dir() and len(list(cells.glob("*.json"))) >= 2):
        time.sleep(0.01)
    running.send_signal(signal.SIGKILL)
    running.wait()
    kept = {path: path.stat().st_mtime_ns for path in cells.glob("*.json")}
    heads = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "heads").glob("*/head.json")}
    assert 2 <= len(kept) < 8
    done = subprocess.run(
        [*command, "--workers", "1", "--json"], cwd=tmp_path, env=environment, capture_output=True, check=True
    )
    told = json.loads(done.stdout)
    assert (told["cells"], told["reused"], told["done"]) == (8, len(kept), 8 - len(kept))
    assert {path: path.stat().st_mtime_ns for path in kept} == kept
    assert {path: path.stat().st_mtime_ns for path in heads} == heads
    undisturbed = run(
        tmp_path,
        "undisturbed",
        head=head,
        methods=["english", "linear"],
        pairs={**SMALL["pairs"], "sizes": [100]},
    )
    for path in cells.glob("*.json"):
        assert path.read_bytes() == (tmp_path / "undisturbed" / "cells" / path.name).read_bytes()
    assert len(undisturbed.results) == 8

"""``evaluate``: figures on labelled rows, alone and against another head."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from langalign import load_head, open_store
from tests.cli.conftest import Command
from tests.cli.reviews import reviews, write_tsv


def test_evaluate_gives_the_figures_of_scikit_learn(langalign: Command, test: Path, head: Path) -> None:
    found = langalign("evaluate", test, "--head", head, "--json", "-q").json
    labels = [line.split("\t")[1] for line in test.read_text().splitlines()[1:]]
    texts = "".join(line.split("\t")[0] + "\n" for line in test.read_text().splitlines()[1:])
    answers = langalign("predict", "--head", head, stdin=texts).stdout.splitlines()
    predicted = [json.loads(answer)["label"] for answer in answers]
    assert found["rows"] == 40
    assert found["accuracy"] == accuracy_score(labels, predicted) == 0.95
    assert found["macro_f1"] == pytest.approx(f1_score(labels, predicted, average="macro"))
    assert np.sum(found["confusion"]) == 40
    assert found["labels"] == list(found["per_class"]) == ["bad", "good"]
    low, high = found["interval_95"]["macro_f1"]
    assert low < found["macro_f1"] < high <= 1


def test_evaluate_shows_figures_to_the_eye(langalign: Command, test: Path, head: Path) -> None:
    shown = langalign("evaluate", test, "--head", head, "-q").stdout
    assert "macro f1" in shown
    assert "0.95" in shown


def test_two_heads_are_compared_on_the_same_rows(
    langalign: Command, train: Path, test: Path, head: Path
) -> None:
    rows = [(text, ("good", "bad")[number % 7 % 2]) for number, (text, _) in enumerate(reviews(120))]
    write_tsv(train, "text\tlabel", rows)
    langalign("fit-head", train, "--head", "linear", "--out", "worse", "-q")
    found = langalign("evaluate", test, "--head", head, "--against", "worse", "--json", "-q").json
    alone = langalign("evaluate", test, "--head", "worse", "--json", "-q").json
    assert found["against"]["accuracy"] == alone["accuracy"] < found["accuracy"]
    difference = found["significance"]["accuracy"]
    assert difference["difference"] == pytest.approx(found["accuracy"] - alone["accuracy"])
    assert difference["p_value"] < 0.05


def test_a_rival_is_used_as_it_was_saved(langalign: Command, train: Path, test: Path, head: Path) -> None:
    langalign("fit-head", train, "--head", "linear", "--out", "rival", "-q", "--encoder", "hashing[width=32]")
    own = ("--encoder", "hashing[width=64]")
    found = langalign("evaluate", test, "--head", head, "--against", "rival", "--json", "-q", *own).json
    alone = langalign("evaluate", test, "--head", "rival", "--json", "-q").json
    assert found["against"]["confusion"] == alone["confusion"]


def test_heads_of_two_kinds_are_not_compared(langalign: Command, tmp_path: Path) -> None:
    rows = [(text, "12"[label == "good"]) for text, label in reviews(60)]
    write_tsv(tmp_path / "marks.tsv", "text\tlabel", rows)
    for task in ("classification", "regression"):
        langalign("fit-head", "marks.tsv", "--head", "linear", "--out", task, "-O", f"task={task}", "-q")
    error = langalign(
        "evaluate", "marks.tsv", "--head", "regression", "--against", "classification", "-q"
    ).error
    assert "regression does regression but classification classification" in error


def test_scores_are_regressed(langalign: Command, tmp_path: Path) -> None:
    rows = [
        (text, f"{(label == 'good') * 3 + number % 10 / 10:.1f}")
        for number, (text, label) in enumerate(reviews(100))
    ]
    write_tsv(tmp_path / "scores.tsv", "text\tlabel", rows)
    fitted = langalign("fit-head", "scores.tsv", "--head", "linear", "--out", "h", "--json", "-q").json
    assert (fitted["task"], fitted["classes"]) == ("regression", 0)
    found = langalign("evaluate", "scores.tsv", "--head", "h", "--json", "-q").json
    assert found["pearson"] > 0.9
    assert set(found["interval_95"]) == {"pearson", "spearman"}
    assert "accuracy" not in found
    answers = langalign("predict", "--head", "h", stdin="a lovely film\n\n").stdout.splitlines()
    score = load_head("h").predict(open_store("hashing[width=64]").vectors(["a lovely film"]))[0]
    assert score > 2
    assert json.loads(answers[0]) == {"label": pytest.approx(score), "scores": None}
    assert json.loads(answers[1]) == {"label": None, "scores": None}


def test_a_heads_own_encoder_is_the_default(
    langalign: Command, train: Path, test: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = "hashing[width=32]"
    langalign("fit-head", train, "--head", "linear", "--out", "h", "-q", "--encoder", spec)
    assert langalign("evaluate", test, "--head", "h", "--json", "-q").json["encoder"] == spec

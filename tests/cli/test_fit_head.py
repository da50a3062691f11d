"""``fit-head``: what it fits on, with which options, and where an aligner stands."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from langalign import load_head
from tests.cli.conftest import Command, fit_aligner
from tests.cli.reviews import pairs, reviews, write_tsv
from tests.encoders.small_model import WIDTH, save_small_model


def test_fit_head_tells_what_it_did(langalign: Command, train: Path) -> None:
    found = langalign("fit-head", train, "--head", "linear", "--out", "head", "--json", "-q").json
    assert (found["head"], found["rows"], found["classes"]) == ("linear", 120, 2)
    assert found["labels"] == ["bad", "good"]
    assert found["train_rows"] + found["validation_rows"] == 120
    assert found["validation"] == {"accuracy": 1.0, "macro_f1": 1.0}
    assert found["seconds"] > 0
    assert found["out"] == "head"
    assert (train.parent / "head" / "head.json").is_file()


@pytest.mark.parametrize("name", ["mlp", "roberta"])
def test_every_head_can_be_fitted_and_used(langalign: Command, train: Path, test: Path, name: str) -> None:
    assert langalign("fit-head", train, "--head", name, "--out", "head", "-q").exit_code == 0
    assert langalign("evaluate", test, "--head", "head", "--json", "-q").json["accuracy"] > 0.8


def test_columns_options_and_limit_are_taken(langalign: Command, tmp_path: Path) -> None:
    write_tsv(
        tmp_path / "odd.tsv",
        "id\tnote\tsaid",
        [(str(n), label, text) for n, (text, label) in enumerate(reviews(90))],
    )
    columns = ("--text-column", "said", "--label-column", "note")
    fit = ("fit-head", "odd.tsv", "--head", "linear", "--out", "head", "--json", "-q", *columns)
    found = langalign(*fit, "--limit", 30, "-O", "penalty=0.5", "-O", "class_weights=balanced").json
    assert found["rows"] == 30
    config = load_head(tmp_path / "head").config
    assert config["options"]["penalty"] == 0.5
    assert config["options"]["class_weights"] == "balanced"
    assert langalign("evaluate", "odd.tsv", "--head", "head", "--json", "-q", *columns).json["rows"] == 90


def test_a_limit_draws_from_the_whole_file(langalign: Command, tmp_path: Path) -> None:
    write_tsv(tmp_path / "sorted.tsv", "text\tlabel", sorted(reviews(100), key=lambda row: row[1]))
    found = langalign(
        "fit-head", "sorted.tsv", "--head", "linear", "--out", "h", "--limit", 40, "--json", "-q"
    ).json
    assert (found["rows"], found["labels"]) == (40, ["bad", "good"])


def test_the_paper_preset_is_taken(langalign: Command, train: Path) -> None:
    done = langalign(
        "fit-head", train, "--head", "roberta", "--out", "h", "--preset", "paper", "-O", "epochs=2", "-q"
    )
    assert done.exit_code == 0
    assert load_head(train.parent / "h").config["options"]["batch_size"] == 16


def test_a_forward_aligner_stands_before_the_head_in_training_and_at_inference(
    langalign: Command, tmp_path: Path, train: Path, test: Path
) -> None:
    aligner = fit_aligner(langalign, tmp_path)
    langalign("fit-head", train, "--head", "linear", "--aligner", aligner, "--out", "h", "-q")
    langalign("fit-head", train, "--head", "linear", "--out", "plain", "-q")
    ours, plain = load_head(tmp_path / "h"), load_head(tmp_path / "plain")
    assert not np.array_equal(ours.head.state()["1.weight"], plain.head.state()["1.weight"])
    assert ours.aligner == tmp_path / "h" / "aligner"
    own, none, given = (
        langalign("evaluate", test, "--head", "h", "--json", "-q", *extra).json
        for extra in ([], ["--aligner-at-inference", "no"], ["--aligner", aligner])
    )
    assert own["aligner"] == "h/aligner"
    assert none["aligner"] is None
    assert {**given, "aligner": None} == {**own, "aligner": None}


def test_a_reversed_aligner_stands_before_the_head_at_inference_only(
    langalign: Command, tmp_path: Path, train: Path, test: Path
) -> None:
    aligner = fit_aligner(langalign, tmp_path, "--reverse")
    langalign("fit-head", train, "--head", "linear", "--aligner", aligner, "--out", "h", "-q")
    langalign("fit-head", train, "--head", "linear", "--out", "plain", "-q")
    ours, plain = load_head(tmp_path / "h"), load_head(tmp_path / "plain")
    np.testing.assert_array_equal(ours.head.state()["1.weight"], plain.head.state()["1.weight"])
    moved, added, plain_figures = (
        langalign("predict", "--head", name, *extra, stdin="a lovely movie\n").stdout
        for name, *extra in (["h"], ["plain", "--aligner", aligner], ["plain"])
    )
    assert moved == added != plain_figures


def test_an_aligner_between_encoders_leads_from_one_to_the_other(
    langalign: Command, tmp_path: Path, train: Path, test: Path
) -> None:
    aligner = fit_aligner(langalign, tmp_path, "--target-encoder", "hashing[width=48]")
    langalign("fit-head", train, "--head", "linear", "--aligner", aligner, "--out", "h", "-q")
    saved = load_head(tmp_path / "h")
    assert (saved.config["width"], saved.encoder["spec"]) == (48, "hashing[width=48]")
    through = langalign("evaluate", test, "--head", "h", "--json", "-q").json
    assert through["encoder"] == "hashing[width=64]"
    native = langalign("evaluate", test, "--head", "h", "--aligner-at-inference", "no", "--json", "-q").json
    assert native["encoder"] == "hashing[width=48]"
    assert min(through["accuracy"], native["accuracy"]) > 0.8


def test_pairs_are_told_apart_by_the_features_of_their_sentences(langalign: Command, tmp_path: Path) -> None:
    write_tsv(tmp_path / "pairs.tsv", "one\ttwo\tlabel", pairs(200))
    columns = ("--text-column", "one", "--pair-column", "two")
    fit = ("fit-head", "pairs.tsv", "--head", "mlp", "--out", "h", "--json", "-q", *columns)
    found = langalign(*fit).json
    assert found["pair_features"] == "sentence"
    saved = load_head(tmp_path / "h")
    assert (saved.pair_features, saved.config["width"]) == ("sentence", 4 * 64)
    evaluated = langalign("evaluate", "pairs.tsv", "--head", "h", "--json", "-q", *columns).json
    assert evaluated["accuracy"] > 0.9
    answers = langalign(
        "predict", "--head", "h", stdin="superb thing 9\tsuperb thing 9!\n\n"
    ).stdout.splitlines()
    assert json.loads(answers[0])["label"] == "same"
    assert json.loads(answers[1]) == {"label": None, "scores": None}


def test_pairs_are_encoded_jointly_where_the_encoder_can(langalign: Command, tmp_path: Path) -> None:
    write_tsv(tmp_path / "pairs.tsv", "one\ttwo\tlabel", pairs(40))
    columns = ("--text-column", "one", "--pair-column", "two")
    spec = f"transformers:{save_small_model(tmp_path / 'model')}[pooling=cls]"
    fit = ("fit-head", "pairs.tsv", "--head", "linear", "--encoder", spec, "--json", "-q", *columns)
    joint = langalign(*fit, "--out", "joint").json
    apart = langalign(*fit, "--out", "apart", "--pair-features", "sentence").json
    assert (joint["pair_features"], apart["pair_features"]) == ("joint", "sentence")
    widths = [load_head(tmp_path / name).config["width"] for name in ("joint", "apart")]
    assert widths == [WIDTH, 4 * WIDTH]
    found = langalign("evaluate", "pairs.tsv", "--head", "joint", "--json", "-q", *columns).json
    answers = langalign(
        "predict", "--head", "joint", stdin="".join(f"{one}\t{two}\n" for one, two, _ in pairs(40))
    ).stdout.splitlines()
    right = [json.loads(answer)["label"] == row[2] for answer, row in zip(answers, pairs(40), strict=True)]
    assert found["accuracy"] == np.mean(right)


def test_an_aligner_moves_each_sentence_of_a_pair(langalign: Command, tmp_path: Path) -> None:
    write_tsv(tmp_path / "pairs.tsv", "one\ttwo\tlabel", pairs(100))
    aligner = fit_aligner(langalign, tmp_path, "--target-encoder", "hashing[width=48]")
    columns = ("--text-column", "one", "--pair-column", "two")
    langalign("fit-head", "pairs.tsv", "--head", "linear", "--out", "h", "--aligner", aligner, "-q", *columns)
    assert load_head(tmp_path / "h").config["width"] == 4 * 48


@pytest.mark.parametrize("direction", [(), ("--reverse",)])
def test_unlabelled_texts_are_learned_beside_their_characters(
    langalign: Command, tmp_path: Path, train: Path, test: Path, direction: tuple[str, ...]
) -> None:
    aligner = fit_aligner(langalign, tmp_path, *direction)
    (tmp_path / "more.txt").write_text("\n".join(text for text, _ in reviews(300, start=500)))
    fit = (
        "fit-head",
        train,
        "--text-column",
        "text",
        "--head",
        "linear",
        "--aligner",
        aligner,
        "--json",
        "-q",
    )
    found = langalign(*fit, "--unlabelled", "more.txt", "--unlabelled-limit", 200, "--out", "h").json
    assert (found["rows"], found["unlabelled"]) == (120, 200)
    saved = load_head(tmp_path / "h")
    assert saved.config["width"] == 64 + 2
    assert langalign("evaluate", test, "--head", "h", "--json", "-q").json["accuracy"] > 0.7
    answers = langalign(
        "predict", "--head", "h", stdin="a superb film\n\na clumsy film\n"
    ).stdout.splitlines()
    assert [json.loads(answer)["label"] for answer in answers] == ["good", None, "bad"]


def test_too_few_unlabelled_texts_are_one_line(langalign: Command, train: Path) -> None:
    fit = ("fit-head", train, "--head", "linear", "--out", "h", "-q")
    error = langalign(*fit, "--unlabelled", train, "--unlabelled-limit", 50).error
    assert error == "50 distinct unlabelled texts are too few; co-training takes 100 at least"
    error = langalign(*fit, "--unlabelled-limit", 50).error
    assert error == "--unlabelled-limit 50 is for --unlabelled, which is not given; give both"

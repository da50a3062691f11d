"""What fit-head, evaluate and predict refuse, each in one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Command, fit_aligner
from tests.cli.reviews import pairs, reviews, write_tsv


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fit-head", "train.tsv", "--head", "guess", "--out", "h"], "choose one of: linear, mlp, roberta"),
        (["fit-head", "train.tsv", "--head", "linear", "--out", "h", "--preset", "best"], "default, paper"),
        (["fit-head", "train.tsv", "--head", "linear", "--out", "h", "-O", "hue=1"], "no option 'hue'"),
        (
            ["fit-head", "train.tsv", "--head", "linear", "--out", "h", "-O", "penalty=1e400"],
            "penalty=inf is out of range; give a finite number",
        ),
        (
            ["fit-head", "train.tsv", "--head", "mlp", "--out", "h", "-O", "dropout=2.0"],
            "dropout=2.0 is out of",
        ),
        (["fit-head", "train.tsv", "--head", "linear", "--out", "full"], "is not a saved head"),
        (["fit-head", "plain.txt", "--head", "linear", "--out", "h"], "--label-column"),
        (["fit-head", "one.tsv", "--head", "linear", "--out", "h"], "all 20 rows have the label 'x'"),
        (["fit-head", "few.tsv", "--head", "linear", "--out", "h"], "cannot be split"),
        (
            ["fit-head", "train.tsv", "--head", "linear", "--out", "h", "--pair-features", "joint"],
            "single texts",
        ),
        (["fit-head", "train.tsv", "--head", "linear", "--out", "h", "--aligner", "missing"], "missing"),
        (["evaluate", "train.tsv", "--head", "missing"], "missing: is no saved head"),
        (
            ["evaluate", "other.tsv", "--head", "head"],
            "labels 'fine', 'poor' but the head knows 'bad', 'good'",
        ),
        (["evaluate", "train.tsv", "--head", "head", "--encoder", "hashing[width=9]"], "hashing[width=64]"),
        (
            ["evaluate", "train.tsv", "--head", "head", "--pair-column", "label"],
            "the head takes single texts",
        ),
        (
            ["evaluate", "train.tsv", "--head", "head", "--aligner", "x", "--aligner-at-inference", "no"],
            "contradict each other",
        ),
        (["predict", "--head", "head", "missing.txt"], "missing.txt: No such file"),
        (["predict", "--head", "head", "latin.txt"], "latin.txt, line 1: is not UTF-8"),
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_and_exit_code_1(
    langalign: Command, tmp_path: Path, head: Path, arguments: list[str], says: str
) -> None:
    write_tsv(tmp_path / "one.tsv", "text\tlabel", [(text, "x") for text, _ in reviews(20)])
    write_tsv(tmp_path / "few.tsv", "text\tlabel", reviews(6))
    write_tsv(tmp_path / "other.tsv", "text\tlabel", [("a", "fine"), ("b", "poor")])
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("precious")
    (tmp_path / "plain.txt").write_text("one\ntwo\n")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9\ngood\n")
    assert says in langalign(*arguments, "--quiet").error


def test_an_aligner_that_leads_elsewhere_is_refused(langalign: Command, tmp_path: Path, head: Path) -> None:
    aligner = fit_aligner(langalign, tmp_path, "--target-encoder", "hashing[width=48]")
    error = langalign("predict", "--head", head, "--aligner", aligner, stdin="x\n").error
    assert "hashing[width=64]" in error
    assert "head" in error


def test_a_damaged_head_is_one_line(langalign: Command, head: Path) -> None:
    weights = head / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    assert str(head) in langalign("predict", "--head", head, stdin="x\n").error


def test_an_impossible_choice_is_wrong_usage(langalign: Command, head: Path) -> None:
    assert langalign("predict", "--head", head, "--aligner-at-inference", "maybe").exit_code == 2


def test_a_pair_without_its_tab_names_the_line(langalign: Command, tmp_path: Path) -> None:
    write_tsv(tmp_path / "pairs.tsv", "one\ttwo\tlabel", pairs(60))
    columns = ("--text-column", "one", "--pair-column", "two")
    langalign("fit-head", "pairs.tsv", "--head", "linear", "--out", "h", "-q", *columns)
    for line in ("no tab", "a\tb\tc", "half\t"):
        error = langalign("predict", "--head", "h", stdin=f"{line}\na\tb\n").error
        assert error.startswith("standard input, line 1: the head takes pairs")

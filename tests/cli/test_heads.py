"""The commands that work with heads: fit-head, evaluate, predict."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import accuracy_score, f1_score

from langalign import load_head
from tests.cli.conftest import Command
from tests.encoders.small_model import WIDTH, save_small_model

WORDS = {"good": ["lovely", "superb", "charming"], "bad": ["dreadful", "boring", "clumsy"]}


def reviews(rows: int, start: int = 0) -> list[tuple[str, str]]:
    """Make texts whose words tell their label."""
    made = []
    for number in range(start, start + rows):
        label = ("good", "bad")[number % 2]
        made.append((f"a {WORDS[label][number % 3]} film, seen as number {number}", label))
    return made


def write_tsv(path: Path, header: str, rows: list[tuple[str, ...]]) -> Path:
    path.write_text("\n".join([header, *("\t".join(row) for row in rows)]) + "\n", encoding="utf-8")
    return path


@pytest.fixture
def train(tmp_path: Path) -> Path:
    return write_tsv(tmp_path / "train.tsv", "text\tlabel", reviews(120))


@pytest.fixture
def test(tmp_path: Path) -> Path:
    rows = reviews(40, start=500)
    rows[:4] = [(text, "bad") for text, _ in rows[:4]]  # two of them wrongly
    return write_tsv(tmp_path / "test.tsv", "text\tlabel", rows)


@pytest.fixture
def head(langalign: Command, train: Path) -> Path:
    assert langalign("fit-head", train, "--head", "linear", "--out", "head", "--quiet").exit_code == 0
    return train.parent / "head"


def fit_aligner(langalign: Command, folder: Path, *extra: object) -> Path:
    """Fit an aligner between texts and the same texts in another spelling."""
    source = [text for text, _ in reviews(80)]
    (folder / "source.txt").write_text("\n".join(source) + "\n")
    (folder / "target.txt").write_text("\n".join(text.replace("film", "movie") for text in source) + "\n")
    done = langalign(
        "fit-aligner", "source.txt", "target.txt", "--aligner", "linear", "--out", "aligner", "-q", *extra
    )
    assert done.exit_code == 0, done.stderr
    return folder / "aligner"


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
    assert json.loads(answers[0])["score"] > 2
    assert json.loads(answers[1]) == {"score": None}


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


def test_a_heads_own_encoder_is_the_default(
    langalign: Command, train: Path, test: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = "hashing[width=32]"
    langalign("fit-head", train, "--head", "linear", "--out", "h", "-q", "--encoder", spec)
    assert langalign("evaluate", test, "--head", "h", "--json", "-q").json["encoder"] == spec


def pairs(rows: int) -> list[tuple[str, ...]]:
    """Make pairs that are alike or not."""
    texts = [f"{WORDS[label][number % 3]} thing {number}" for number, (_, label) in enumerate(reviews(rows))]
    return [
        (text, text + "!" if number % 2 else texts[(number + 7) % rows], ("other", "same")[number % 2])
        for number, text in enumerate(texts)
    ]


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


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["fit-head", "train.tsv", "--head", "guess", "--out", "h"], "choose one of: linear, mlp, roberta"),
        (["fit-head", "train.tsv", "--head", "linear", "--out", "h", "--preset", "best"], "default, paper"),
        (["fit-head", "train.tsv", "--head", "linear", "--out", "h", "-O", "hue=1"], "no option 'hue'"),
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
        (["predict", "--head", "head", "latin.txt"], "latin.txt, line 2: is not UTF-8"),
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
    (tmp_path / "latin.txt").write_bytes(b"good\ncaf\xe9\n")
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


def test_each_line_gets_its_answer(langalign: Command, tmp_path: Path, head: Path) -> None:
    lines = [
        "a lovely film",
        "",
        "a boring film\r",
        "   ",
        "tabs\tare text here",
        "a lovely film",
        "last, no end",
    ]
    (tmp_path / "lines.txt").write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode())
    from_file = langalign("predict", "--head", head, "lines.txt").stdout
    piped = langalign("predict", "--head", head, stdin="\n".join(lines)).stdout
    assert from_file == piped
    answers = [json.loads(line) for line in piped.splitlines()]
    assert [answer["label"] is None for answer in answers] == [not line.strip() for line in lines]
    assert answers[0] == answers[5]
    assert (answers[0]["label"], answers[2]["label"]) == ("good", "bad")
    assert answers[0]["scores"]["good"] + answers[0]["scores"]["bad"] == pytest.approx(1)
    assert answers[0]["scores"]["good"] > 0.5


def test_nothing_asked_is_nothing_answered(langalign: Command, head: Path) -> None:
    done = langalign("predict", "--head", head, stdin="")
    assert (done.exit_code, done.stdout) == (0, "")


def test_many_lines_keep_their_order(langalign: Command, head: Path) -> None:
    texts = [text for text, _ in reviews(3000)]
    answers = langalign("predict", "--head", head, stdin="\n".join(texts) + "\n").stdout.splitlines()
    labels = [json.loads(answer)["label"] for answer in answers]
    assert labels == [label for _, label in reviews(3000)]


def test_a_pair_without_its_tab_names_the_line(langalign: Command, tmp_path: Path) -> None:
    write_tsv(tmp_path / "pairs.tsv", "one\ttwo\tlabel", pairs(60))
    columns = ("--text-column", "one", "--pair-column", "two")
    langalign("fit-head", "pairs.tsv", "--head", "linear", "--out", "h", "-q", *columns)
    for line in ("no tab", "a\tb\tc", "half\t"):
        error = langalign("predict", "--head", "h", stdin=f"a\tb\n{line}\n").error
        assert error.startswith("standard input, line 2: the head takes pairs")


def test_an_answer_comes_before_the_next_line_is_written(langalign: Command, head: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "langalign_cli.main", "predict", "--head", head],
        cwd=head.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for line, label in (("a superb film\n", "good"), ("a clumsy film\n", "bad")):
        process.stdin.write(line)
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["label"] == label
    process.stdin.close()
    assert process.wait(60) == 0
    process.stdout.close()


def test_a_reader_that_goes_away_ends_it_quietly(langalign: Command, head: Path) -> None:
    text = "\n".join(text for text, _ in reviews(20_000))
    (head.parent / "many.txt").write_text(text)
    command = f"{sys.executable} -m langalign_cli.main predict --head head many.txt | head -n 3"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=head.parent, capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == ""

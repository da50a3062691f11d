"""fit-aligner, cosine-report and demo on the bundled sample."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from langalign import load_aligner, open_store
from langalign.analysis.cosine import matched_cosines
from langalign.store.key import row_keys
from tests.cli.conftest import Command
from tests.cli.fitted import PAIRS, TEST, fit


def test_an_aligner_is_fitted_measured_and_saved_whole(langalign: Command, tmp_path: Path) -> None:
    result = fit(langalign, "a")
    assert result["pairs"] == result["train_pairs"] + result["validation_pairs"] == 240
    assert result["direction"] == "source-to-target"
    assert result["after"]["cosine_mean"] > result["before"]["cosine_mean"]
    assert set(result["after"]) == {"cosine_mean", "p_at_1", "margin"}
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [
        "aligner.json",
        "history.json",
        "weights.safetensors",
    ]
    config = json.loads((tmp_path / "a" / "aligner.json").read_text())
    assert config["encoders"]["source"]["spec"] == "hashing[width=64]"
    assert config["environment"]["versions"]["langalign"]


def test_the_same_seed_gives_the_same_folder(langalign: Command, tmp_path: Path) -> None:
    for out in ("a", "b"):
        fit(langalign, out, "-O", "epochs=2", aligner="ae")
    for name in ("aligner.json", "history.json", "weights.safetensors"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_presets_options_limits_and_direction_are_recorded(langalign: Command, tmp_path: Path) -> None:
    result = fit(
        langalign, "a", "--reverse", "--pairs-limit", 100, "--preset", "paper", "-O", "epochs=1", aligner="fc"
    )
    assert (result["pairs"], result["direction"], result["epochs"]) == (100, "target-to-source", 1)
    config = json.loads((tmp_path / "a" / "aligner.json").read_text())
    assert config["options"]["keep_target"] is True
    assert config["options"]["learning_rate"] == 1e-5


def test_a_limit_draws_pairs_from_the_whole_file(langalign: Command, tmp_path: Path) -> None:
    sides = {
        name: [f"{word} {n}" for n in range(200)] for name, word in (("en.txt", "one"), ("ko.txt", "하나"))
    }
    for name, texts in sides.items():
        (tmp_path / name).write_text("\n".join(texts), encoding="utf-8")
    drawn = []
    for seed in (0, 0, 1):
        cache = tmp_path / f"cache{len(drawn)}"
        fit = ("--aligner", "linear", "--out", "a", "--pairs-limit", 40, "--seed", seed, "--cache", cache)
        assert langalign("fit-aligner", *sides, *fit, "--json", "-q").json["pairs"] == 40
        store = open_store("hashing[width=64]", cache=cache)
        english, korean = (store.has(row_keys(texts)).nonzero()[0].tolist() for texts in sides.values())
        assert english == korean
        drawn.append(english)
    assert [len(rows) for rows in drawn] == [40, 40, 40]
    assert drawn[0] == drawn[1] != drawn[2]
    assert drawn[0][-1] > 100 > drawn[0][0]


@pytest.mark.parametrize("value", ["Infinity", "1e400"])
def test_an_option_that_is_not_finite_is_one_line(langalign: Command, tmp_path: Path, value: str) -> None:
    error = langalign(
        "fit-aligner", *PAIRS, "--aligner", "linear", "--out", "a", "-q", "-O", f"penalty={value}"
    ).error
    assert error == "penalty=inf is out of range; give a finite number"
    assert not (tmp_path / "a").exists()


def test_an_older_aligner_is_replaced_but_nothing_else(langalign: Command, tmp_path: Path) -> None:
    fit(langalign, "a")
    fit(langalign, "a", aligner="mean-shift")
    assert load_aligner(tmp_path / "a").config["name"] == "mean-shift"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    error = langalign("fit-aligner", *PAIRS, "--aligner", "linear", "--out", "mine", "--quiet").error
    assert "not a saved aligner" in error
    assert (tmp_path / "mine" / "notes.txt").read_text() == "keep"


def test_sides_may_come_from_encoders_of_different_width(langalign: Command) -> None:
    result = fit(langalign, "a", "--target-encoder", "hashing[width=32]")
    assert result["before"] is None
    assert result["after"]["cosine_mean"] > 0
    report = langalign("cosine-report", *TEST, "--aligner", "a", "--json", "--quiet").json
    rows = {row["name"]: row["cosine_mean"] for row in report["rows"]}
    assert rows["source-target"] is None
    assert rows["source-aligned:a"] is None
    assert rows["target-aligned:a"] > 0


def test_an_encoder_named_for_the_source_leaves_the_target_its_own(langalign: Command) -> None:
    named = ("--encoder", "hashing[width=48]")
    fit(langalign, "a", *named, "--target-encoder", "hashing[width=32]")
    report = langalign("cosine-report", *TEST, "--aligner", "a", "--json", "--quiet").json
    assert langalign("cosine-report", *TEST, "--aligner", "a", *named, "--json", "--quiet").json == report
    wrong = ("cosine-report", *TEST, "--aligner", "a", "--quiet", "--encoder", "hashing[width=32]")
    assert "use --encoder 'hashing[width=48]', or" in langalign(*wrong).error
    wrong = ("cosine-report", *TEST, "--aligner", "a", "--quiet", "--target-encoder", "hashing[width=48]")
    assert "use --target-encoder 'hashing[width=32]', or" in langalign(*wrong).error


def test_one_encoder_of_both_sides_is_named_once(langalign: Command) -> None:
    fit(langalign, "a", "--encoder", "hashing[width=48]")
    report = ("cosine-report", *TEST, "--aligner", "a", "--quiet", "--encoder")
    assert "use --encoder 'hashing[width=48]', or" in langalign(*report, "hashing[width=32]").error
    assert langalign(*report, "hashing[width=48]").exit_code == 0


def test_line_aligned_files_are_pairs(langalign: Command, tmp_path: Path) -> None:
    for name, word in (("corpus.en", "one"), ("corpus.ko", "하나")):
        (tmp_path / name).write_text("".join(f"{word} {n}\n" for n in range(40)), encoding="utf-8")
    arguments = ("corpus.en", "corpus.ko", "--aligner", "procrustes", "--out", "a", "--json", "--quiet")
    assert langalign("fit-aligner", *arguments).json["pairs"] == 40


def test_a_report_has_its_rows_in_order_and_right_figures(langalign: Command, tmp_path: Path) -> None:
    fit(langalign, "forward")
    fit(langalign, "back", "--reverse")
    arguments = (*TEST, "--aligner", "forward", "--aligner", "back", "--out", "report")
    report = langalign("cosine-report", *arguments, "--json", "--quiet").json
    assert [row["name"] for row in report["rows"]] == [
        "source-target",
        "source-aligned:forward",
        "target-aligned:forward",
        "source-aligned:back",
        "target-aligned:back",
    ]
    assert report["pairs"] == 96
    rows = [line.split("\t") for line in _sample("sentiment.tsv") if line.startswith("test\t")]
    store = open_store("hashing[width=64]")
    english, korean = (store.vectors([row[column] for row in rows]) for column in (2, 3))
    moved = load_aligner(tmp_path / "back").transform(korean)
    expected = [
        matched_cosines(english, korean).mean(),
        matched_cosines(english, moved).mean(),
        matched_cosines(moved, korean).mean(),
    ]
    assert [report["rows"][at]["cosine_mean"] for at in (0, 3, 4)] == pytest.approx(expected, abs=1e-6)
    written = sorted(path.name for path in (tmp_path / "report").iterdir())
    assert written == sorted(Path(path).name for path in report["files"])
    assert json.loads((tmp_path / "report" / "report.json").read_text())["rows"] == report["rows"]


def _sample(name: str) -> list[str]:
    from importlib.resources import files

    return (files("langalign.corpora.datasets") / name).read_text(encoding="utf-8").splitlines()


def test_figures_are_shown_to_the_eye(langalign: Command) -> None:
    fit(langalign, "a")
    shown = langalign("cosine-report", *TEST, "--aligner", "a").stdout
    assert "target-aligned:a" in shown
    assert "csls p at 1 →" in shown


def test_many_pairs_can_be_searched_along_a_graph(
    langalign: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("langalign.analysis.search.SLOW_ROWS", 96)
    exact = langalign("cosine-report", *TEST)
    assert "searching 96 pairs exactly" in exact.stderr
    assert "--search hnsw" in exact.stderr
    monkeypatch.setattr("langalign.analysis.search.GRAPH_FROM", 50)
    told = langalign("cosine-report", *TEST, "--search", "hnsw", "--json")
    assert told.json["search"] == "hnsw"
    assert min(told.json["rows"][0]["recall"].values()) >= 0.95
    assert "searching 96 pairs exactly" not in told.stderr


def test_a_check_that_fails_prints_the_json_all_the_same(langalign: Command) -> None:
    done = langalign("cosine-report", *TEST, "--fail-under", "p_at_1=0.999", "--json", "--quiet")
    assert done.exit_code == 1
    assert done.json["pairs"] == 96
    assert "p_at_1" in done.stderr
    assert langalign("cosine-report", *TEST, "--fail-under", "cosine_mean=-1", "--json", "-q").exit_code == 0
    assert "nonsense" in langalign("cosine-report", *TEST, "--fail-under", "nonsense=1", "-q").error


@pytest.mark.parametrize(
    ("condition", "says"),
    [
        ("p_at_2=0.9", "unknown figure 'p_at_2'"),
        ("target-aligned:a:p_at_1=0.90", "unknown row 'target-aligned"),
    ],
)
def test_a_condition_that_cannot_be_checked_is_told_before_any_work(
    langalign: Command, tmp_path: Path, condition: str, says: str
) -> None:
    done = langalign("cosine-report", *TEST, "--fail-under", condition, "--out", "report", "-q")
    assert f"--fail-under {condition}: {says}" in done.error
    assert not (tmp_path / "report").exists()
    assert not (tmp_path / "cache").exists()


def test_two_aligners_of_one_name_are_refused(langalign: Command) -> None:
    for out in ("one/a", "two/a"):
        fit(langalign, out)
    done = langalign("cosine-report", *TEST, "--aligner", "one/a", "--aligner", "two/a", "--json", "-q")
    assert "two aligners are named 'a'; rename the folder of one" in done.error


@pytest.mark.parametrize("ending", [".h5", ".parquet"])
def test_exported_vectors_of_another_encoder_are_refused(langalign: Command, ending: str) -> None:
    fit(langalign, "a")
    for encoder, refused in (("hashing[width=64]", False), ("hashing[width=64,shortest=3]", True)):
        langalign("embed", TEST[0], "--encoder", encoder, "-q")
        langalign("cache", "export", "--encoder", encoder, "--out", f"rows{ending}", "-q")
        done = langalign("transform", f"rows{ending}", "--aligner", "a", "--out", "moved.npy", "-q")
        assert done.exit_code == refused
        if refused:
            assert f"rows{ending}: holds vectors of the encoder identity" in done.error
            assert "fitted on hashing[width=64] (" in done.error


@pytest.mark.parametrize("command", [("cosine-report", *TEST), ("transform", TEST[0], "--out", "o.npy")])
def test_an_aligner_refuses_another_encoders_vectors(langalign: Command, command: tuple[str, ...]) -> None:
    fit(langalign, "a")
    error = langalign(*command, "--aligner", "a", "--encoder", "hashing[width=32]", "--quiet").error
    assert "hashing[width=64]" in error
    assert "hashing" in error.split("not of")[1]


@pytest.mark.parametrize("name", ["aligner.json", "history.json", "weights.safetensors"])
def test_a_damaged_aligner_is_refused(langalign: Command, tmp_path: Path, name: str) -> None:
    fit(langalign, "a")
    path = tmp_path / "a" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert "fit the aligner again" in langalign("cosine-report", *TEST, "--aligner", "a", "--quiet").error


def test_the_demo_does_the_main_job(langalign: Command, tmp_path: Path) -> None:
    result = langalign("demo", "--json", "--quiet").json
    assert list(result) == ["embed", "fit_aligner", "cosine_report", "fit_head", "evaluate"]
    assert result["embed"]["embedded"] == result["embed"]["unique"]
    assert result["evaluate"]["rows"] == 96
    assert (tmp_path / "demo" / "report" / "report.html").is_file()
    shown = langalign("demo", "--to", "ja")
    assert "$ langalign fit-aligner sample-nli:train.en/sentences" in shown.stderr
    assert "macro f1" in shown.stdout
    assert "'fr'" in langalign("demo", "--to", "fr").error

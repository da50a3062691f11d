"""``langalign experiment``: the command, its JSON, its one-line errors, and the specs that come with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from langalign.experiments import load_spec
from tests.cli.conftest import Command
from tests.experiments.scene import SMALL, write_spec
from tests.loopback import KEY
from tests.translation.chat_server import ChatServer, serving

PAPER = Path(__file__).parents[2] / "benchmarks" / "paper"
SPECS = sorted(PAPER.glob("*.yaml"))


def test_json_tells_cells_table_and_files(langalign: Command, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, seeds=[0])
    told = langalign("experiment", spec, "--out", "out", "--workers", 1, "--json", "-q").json
    assert {key: told[key] for key in ("cells", "done", "reused", "failed")} == {
        "cells": 14,
        "done": 14,
        "reused": 0,
        "failed": 0,
    }
    first = told["table"][0]
    assert (first["method"], first["pairs"], first["size"], first["seeds"]) == ("english", None, 100, 1)
    assert 0 < first["mean"] < 1
    assert told["files"][0] == "out/table.md"
    assert all((tmp_path / file).is_file() for file in told["files"])
    again = langalign("experiment", spec, "--out", "out", "--json", "-q").json
    assert (again["done"], again["reused"], again["table"]) == (0, 14, told["table"])


def test_the_table_is_shown_to_the_eye(langalign: Command, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, methods=["english", "linear"], seeds=[0, 1])
    done = langalign("experiment", spec, "--workers", 1, "--cost", "-q")
    assert done.exit_code == 0
    assert "reverse" not in done.stdout
    assert " ± " in done.stdout
    assert "differs from english at p < 0.05 in every seed, and in one direction" in " ".join(
        done.stdout.split()
    )
    assert "translations" in done.stdout
    assert (tmp_path / "experiments" / "small" / "cost.csv").is_file()


def test_a_failed_cell_exits_with_1_and_keeps_the_others(langalign: Command, tmp_path: Path) -> None:
    methods = ["english", {"method": "linear", "pairs": [5]}]
    spec = write_spec(tmp_path, methods=methods, seeds=[0], sizes=[100])
    done = langalign("experiment", spec, "--workers", 1, "--json", "-q")
    assert done.exit_code == 1
    assert (done.json["done"], done.json["failed"]) == (1, 1)
    assert done.json["failures"][0]["method"] == "linear"
    assert "cannot be split" in done.json["failures"][0]["error"]
    assert done.stderr.startswith(
        "langalign: 1 of 2 cells failed, the first (linear, 5 pairs, 100 rows, seed 0)"
    )


def test_where_every_cell_fails_there_is_still_an_answer(langalign: Command, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, methods=["english"], seeds=[0], sizes=[9])  # too few to hold any out
    done = langalign("experiment", spec, "--workers", 1, "--json", "--cost", "-q")
    assert (done.exit_code, done.json["table"]) == (1, [])


def test_a_dry_run_tells_the_grid_and_runs_nothing(langalign: Command, tmp_path: Path) -> None:
    spec = write_spec(tmp_path)
    told = langalign("experiment", spec, "--dry-run", "--json", "-q").json
    texts = 240 + 240 + 96  # English and Korean reviews to learn from, Korean ones to test on
    assert (told["cells"], told["reused"], told["to_run"]) == (28, 0, 28)
    assert (told["aligners"], told["heads"]) == (8, 16)
    assert texts < told["to_embed"] <= texts + 480
    assert (told["done"], told["failed"], told["table"], told["files"]) == (0, 0, [], [])
    assert told["unchecked"] == []
    assert told["grid"][3] == {
        "method": "reverse:linear",
        "does": "head on source rows; aligner target → source before it at inference",
        "pairs": [100, 200],
        "sizes": [100, 200],
        "seeds": [0, 1],
        "cells": 8,
    }
    assert sorted(path.name for path in tmp_path.iterdir()) == ["small.yaml"]
    langalign("experiment", spec, "--workers", 1, "-q")
    after = langalign("experiment", spec, "--dry-run", "--json", "-q").json
    assert (after["reused"], after["to_run"], after["aligners"], after["to_embed"]) == (28, 0, 0, 0)


def test_a_dry_run_says_what_it_could_not_check(
    langalign: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LANGALIGN_DATA", raising=False)
    spec = write_spec(tmp_path, test={"data": "nsmc:test"}, encoder="transformers:no/such-model")
    told = langalign("experiment", spec, "--dry-run", "--json", "-q").json
    assert told["unchecked"][0].startswith("test: nsmc:test needs ratings_test.txt")
    assert told["to_run"] is None
    other = write_spec(tmp_path, encoder="transformers:no/such-model")
    (line,) = langalign("experiment", other, "--dry-run", "--json", "-q").json["unchecked"]
    assert line.startswith("encoder: ")
    assert "no/such-model" in line


def test_a_wrong_spec_is_one_line(langalign: Command, tmp_path: Path) -> None:
    assert langalign("experiment", "missing.yaml").error.startswith("missing.yaml: cannot be read")
    spec = write_spec(tmp_path, sise=[5])
    assert "sise is an unknown key" in langalign("experiment", spec).error
    assert "write seeds: [3]" in langalign("experiment", write_spec(tmp_path), "--seed", 3).error
    assert (
        "leave one of them out" in langalign("experiment", write_spec(tmp_path), "--cost", "--dry-run").error
    )
    sizes = {**SMALL["pairs"], "sizes": [999]}
    error = langalign("experiment", write_spec(tmp_path, pairs=sizes), "-q").error
    assert "pairs.sizes.0: 999 rows are asked for, but pairs has 240" in error


def test_a_dear_translator_needs_a_yes_or_a_limit(
    langalign: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def command(name: str, *more: object, **limit: float) -> tuple[object, ...]:
        dear = {"translator": "openai:small", "to": "ko", "price_in": 1e6, "price_out": 1e6, **limit}
        spec = write_spec(tmp_path, methods=["translated"], translation=dear, seeds=[0], sizes=[12])
        return ("experiment", spec, "--workers", 1, "--out", name, "--cache", f"{name}-cache", "-q", *more)

    server = ChatServer()
    with serving(server) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        line = langalign(*command("asked")).error
        assert line.startswith("12 texts to translate with small, about $")
        assert line.endswith("above --confirm-above 1; give --yes to go on. Nothing was sent")
        assert not server.asked
        assert langalign(*command("asked", "--yes")).exit_code == 0
        assert langalign(*command("asked")).exit_code == 0  # all in the memory
        assert langalign(*command("above", "--confirm-above", 1e9)).exit_code == 0
        assert langalign(*command("limited", max_cost=1e9)).exit_code == 0
        assert set(server.charged.values()) == {3}
        assert "could exceed max_cost=1; run again" in langalign(*command("stopped", max_cost=1)).error


def test_the_encoder_can_be_replaced(langalign: Command, tmp_path: Path) -> None:
    spec = write_spec(tmp_path, methods=["english"], seeds=[0], sizes=[100])
    command = ("experiment", spec, "--workers", 1, "--out", "out", "-q")
    assert langalign(*command, "--encoder", "hashing[width=32]").exit_code == 0
    results = json.loads((tmp_path / "out" / "results.json").read_text())
    assert results["encoder"]["identity"]["options"]["width"] == 32


def test_a_spec_without_an_encoder_takes_the_variables(
    langalign: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spec = write_spec(tmp_path, encoder=None, methods=["english"], seeds=[0], sizes=[100])

    def identity(out: str) -> dict[str, Any]:
        assert langalign("experiment", spec, "--workers", 1, "--out", out, "-q").exit_code == 0
        return dict(json.loads((tmp_path / out / "results.json").read_text())["encoder"]["identity"])

    assert identity("variable")["options"]["width"] == 64  # of LANGALIGN_ENCODER, which the fixture sets
    monkeypatch.delenv("LANGALIGN_ENCODER")
    assert identity("default")["kind"] == "use-multilingual"


@pytest.mark.parametrize("spec", SPECS, ids=lambda path: path.stem)
def test_every_spec_of_the_paper_is_valid(
    langalign: Command, spec: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGALIGN_E5", "some/checkpoint")
    monkeypatch.delenv("LANGALIGN_DATA", raising=False)
    told = langalign("experiment", spec, "--dry-run", "--json", "-q").json
    assert told["cells"] > 0


def test_every_table_and_figure_has_a_spec_and_a_small_twin() -> None:
    of_paper = [path.stem for path in SPECS if path.stem.startswith(("table", "figure"))]
    full = {name for name in of_paper if not name.endswith("-small")}
    assert full == {name.removesuffix("-small") for name in of_paper if name.endswith("-small")}
    shown = {name.partition("-")[0] for name in full}
    assert shown == {f"table{number}" for number in (3, 4, 5, 7, 8, 9, 10, 11)} | {
        "figure2",
        "figure3",
        "figure4",
    }


def test_the_papers_sizes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANGALIGN_E5", "some/checkpoint")
    table3 = load_spec(PAPER / "table3-sentiment.yaml")
    assert table3.sizes == (5000, 10000, 15000, 20000, 30000, 40000, 50000)
    assert table3.pairs is not None
    assert table3.pairs.sizes == (5000, 15000)
    table10 = load_spec(PAPER / "table10-nli.yaml")
    assert table10.sizes[-1] == 300_000
    assert [one.method for one in table10.methods] == ["english", "reverse:fc", "reverse:ae"]
    claim = load_spec(PAPER / "claim-small.yaml")
    assert (claim.sizes, claim.seeds) == ((5000,), (0, 1, 2))

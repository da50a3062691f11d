"""One command: tables and JSON come out, a second run makes nothing, an overlap ends it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.quality import __main__ as command
from benchmarks.quality.plan import Task
from tests.benchmarks.quality.test_alignment import SPEC as ALIGNMENT
from tests.benchmarks.quality.test_criteria import SPEC
from tests.experiments.scene import SMALL, write_spec


def call(folder: Path, task: Task, monkeypatch: pytest.MonkeyPatch, *more: str) -> Path:
    """Run the command with one task in place of the specs that come with it."""
    monkeypatch.setattr(command, "tasks", lambda only, encoders: [task])
    places = ("--out", folder / "out", "--results", folder / "results", "--cache", folder / "cache")
    monkeypatch.setattr("sys.argv", ["quality", *map(str, places), "--workers", "1", *more])
    command.main()
    return folder / "results"


def test_tables_and_json_are_written_and_cells_used_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    spec = write_spec(tmp_path, **SPEC)
    results = call(tmp_path, Task("toy", spec, None), monkeypatch)
    table = (results / "toy" / "table.md").read_text()
    assert "| reverse:linear | 200 |" in table
    assert table in capsys.readouterr().out
    content = json.loads((results / "toy" / "results.json").read_text())
    assert content["spec"]["seeds"] == [0, 1]
    assert content["encoder"]["identity"]["kind"] == "hashing"
    assert content["environment"]["machine"]["cores"]
    assert "| toy | forward |" in (results / "criteria" / "table.md").read_text()
    assert sorted(path.name for path in (results / "toy").iterdir()) == [
        "criteria.json",
        "results.json",
        "table.md",
    ]
    cells = {path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "parts" / "cells").iterdir()}
    call(tmp_path, Task("toy", spec, None), monkeypatch)
    assert cells == {
        path: path.stat().st_mtime_ns for path in (tmp_path / "out" / "parts" / "cells").iterdir()
    }


def test_a_cut_run_does_not_replace_a_larger_table(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    task = Task("toy", write_spec(tmp_path, **SPEC), None)
    results = call(tmp_path, task, monkeypatch)
    whole = {path: path.read_text() for path in (results / "toy").iterdir()}
    call(tmp_path, task, monkeypatch, "--centre")
    assert "the table in toy shows more cells and is kept" in capsys.readouterr().out
    assert whole == {path: path.read_text() for path in (results / "toy").iterdir()}


def test_alignment_is_published_with_margin_and_retrieval(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = call(tmp_path, Task("alignment-toy", write_spec(tmp_path, **ALIGNMENT), None), monkeypatch)
    assert "| P@1 by CSLS |" in (results / "alignment-toy" / "table.md").read_text()
    rows = json.loads((results / "alignment-toy" / "results.json").read_text())["rows"]
    assert all(0 <= row["csls_p_at_1"] <= 1 for row in rows)


def test_a_pair_that_is_tested_ends_it_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pairs = {"data": "sample-sentiment:test.en", "target": "sample-sentiment:test.ko", "sizes": [50]}
    task = Task("toy", write_spec(tmp_path, pairs=pairs), None)
    with pytest.raises(SystemExit) as caught:
        call(tmp_path, task, monkeypatch)
    line = str(caught.value)
    assert line.startswith("toy: 96 of 192 sides of pairs are tested, the first: ")
    assert line.endswith("; nothing was run")
    assert "\n" not in line
    assert not (tmp_path / "out").exists()


def test_what_is_wrong_with_a_spec_or_a_cell_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = Task("toy", write_spec(tmp_path, pairs={**SMALL["pairs"], "sizes": [999]}), None)
    with pytest.raises(SystemExit, match=r"^toy: pairs\.sizes\.0: 999 rows are asked for"):
        call(tmp_path, wrong, monkeypatch)
    methods = [{"method": "linear", "pairs": [5]}]
    few = Task("toy", write_spec(tmp_path, methods=methods, sizes=[100]), None)
    with pytest.raises(SystemExit, match=r"^toy: linear, 5 pairs, 100 rows, seed 0: .*run again"):
        call(tmp_path, few, monkeypatch)


def test_small_runs_one_encoder_into_a_folder_of_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    monkeypatch.setattr(command, "tasks", lambda only, encoders: asked.append(encoders) or [])
    monkeypatch.setattr("sys.argv", ["quality", "--small"])
    monkeypatch.chdir(tmp_path)
    command.main()
    assert asked == [("use",)]
    assert (tmp_path / "out" / "quality-small" / "results" / "criteria" / "table.md").is_file()

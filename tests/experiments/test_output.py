"""What an experiment leaves behind: tables, figures, costs, and nothing of an earlier run."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from langalign.errors import DamageError
from langalign.experiments import costs, tabulate, write_output
from langalign.experiments.cells import read_measure
from langalign.experiments.formats import caption, plain, wide
from tests.experiments.finished import made, ran_with
from tests.experiments.scene import SMALL, run


def test_the_unaligned_cosine_stands_once(tmp_path: Path) -> None:
    ran = run(
        tmp_path,
        task={"name": "cosine", "metric": "cosine"},
        methods=["linear", "procrustes"],
        held_out={"rows": 40},
        pairs={**SMALL["pairs"], "sizes": [50, 100]},
        sizes=None,
        source=None,
        test=None,
        native=None,
        translation=None,
    )
    entries = tabulate(ran)
    header, rows = wide(entries, plain)
    assert header == ["method", "sides", "50", "100"]
    assert [row[:2] for row in rows] == [
        ["unaligned", "EN–TR"],
        ["linear", "EN–A(EN)"],
        ["linear", "TR–A(EN)"],
        ["procrustes", "EN–A(EN)"],
        ["procrustes", "TR–A(EN)"],
    ]
    assert not any(entry.best or entry.significant for entry in entries)
    assert "mean cosine of 40 held-out pairs" in caption(ran, tabulate(ran))
    drawn = {file.name for file in write_output(ran, entries, tmp_path / "out") if file.suffix == ".png"}
    assert drawn == {"curves.png", "cosines.png"}


def test_the_files_hold_every_cell_and_where_it_ran(tmp_path: Path) -> None:
    ran = run(tmp_path)
    entries = tabulate(ran)
    files = write_output(ran, entries, tmp_path / "out", costs(ran, entries))
    assert [file.name for file in files] == [
        "table.md",
        "table.csv",
        "table.tex",
        "results.json",
        "cost.csv",
        "curves.png",
        "curves.svg",
    ]
    assert all(file.stat().st_size for file in files)
    content = json.loads((tmp_path / "out" / "results.json").read_text())
    assert len(content["cells"]) == 28
    assert content["cells"][0]["scores"].keys() == {"macro_f1"}
    assert "answers" not in content["cells"][0]
    assert content["spec"]["seeds"] == [0, 1]
    assert content["encoder"]["identity"]["kind"] == "hashing"
    assert content["environment"]["machine"]["cores"] >= 1
    assert content["environment"]["versions"]["langalign"]


def test_a_figure_is_the_same_each_time(tmp_path: Path) -> None:
    ran, _, _ = made()
    once, again = (write_output(ran, tabulate(ran), tmp_path / name) for name in ("one", "two"))
    for one, other in zip(once, again, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_one_size_makes_no_curve(tmp_path: Path) -> None:
    _, answers, truth = made()
    few = ran_with({cell: given for cell, given in answers.items() if cell.size == 100}, truth)
    assert {file.suffix for file in write_output(few, tabulate(few), tmp_path / "out")} == {
        ".md",
        ".csv",
        ".tex",
        ".json",
    }


def test_files_of_an_earlier_run_do_not_stay_beside_the_table(tmp_path: Path) -> None:
    changes = {"methods": ["english"], "seeds": [0]}
    for sizes, cost in (([100, 200], True), ([100], False)):
        ran = run(tmp_path, sizes=sizes, **changes)
        entries = tabulate(ran)
        files = write_output(ran, entries, tmp_path / "out", costs(ran, entries) if cost else ())
        there = {path for path in (tmp_path / "out").iterdir() if path.is_file()}
        assert there == {*files}


def test_a_damaged_measure_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "measured" / "key.json"
    path.parent.mkdir()
    for content in ("", "[]", '{"seconds": "long"}'):
        path.write_text(content)
        with pytest.raises(DamageError, match=r"key\.json: cannot be read: .*; remove it"):
            read_measure(tmp_path, "key")

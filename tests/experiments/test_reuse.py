"""The runner: what is reused, what failure and kill leave behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from langalign.experiments.grid import Cell
from tests.experiments.scene import SMALL, run, write_spec


def folders(path: Path) -> list[str]:
    return sorted(one.name for one in path.iterdir())


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

"""The runner's overhead: 200 cells over stored vectors, beside a bare loop over the same trainings.

python -m benchmarks.speed.experiment

Both run the whole grid at the same time, in turns of a few heads, and each one's own turns are added up.
"""

from __future__ import annotations

import argparse
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from benchmarks.measure import Bar, Step, no_step, publish, take_turns
from langalign.encoders import build
from langalign.experiments import Ran, Spec, load_spec, run_experiment, tabulate, write_output
from langalign.experiments.bench import Bench
from langalign.experiments.grid import Cell, expand
from langalign.experiments.pool import one_thread
from langalign.heads import Features, fit_head
from langalign.store import Store
from langalign.types import Progress

HEADS = 2
ENCODER = "hashing[width=256]"
WORDS = [f"word{number}" for number in range(2000)]


def write_spec(folder: Path, seeds: int, seed: int) -> Path:
    """Write texts in two made-up languages, and a spec of 50 cells a seed on them."""
    random = np.random.default_rng(seed)
    lines = {"source": ["text\tlabel"], "test": ["text\tlabel"], "pairs": ["source\ttarget"]}
    for name, count in (("source", 8000), ("test", 2000), ("pairs", 8000)):
        for _ in range(count):
            words = random.choice(2000, size=12)
            label = ("low", "high")[int(words[:7].mean() > 1000)]
            text, other = (" ".join(WORDS[word] + ending for word in words) for ending in ("", "o"))
            row = {"source": (text, label), "test": (other, label), "pairs": (text, other)}[name]
            lines[name].append("\t".join(row))
    for name, rows in lines.items():
        (folder / f"{name}.tsv").write_text("\n".join(rows) + "\n", encoding="utf-8")
    spec = {
        "task": {"name": "made up", "metric": "macro_f1"},
        "encoder": ENCODER,
        "head": {"name": "mlp"},
        "source": {"data": str(folder / "source.tsv")},
        "test": {"data": str(folder / "test.tsv")},
        "pairs": {"data": str(folder / "pairs.tsv"), "sizes": [1000, 2000, 4000]},
        "methods": ["english", "linear", "procrustes", "reverse:linear"],
        "sizes": [500, 1000, 2000, 3000, 4000],
        "seeds": list(range(seeds)),
    }
    path = folder / "grid.yaml"
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    return path


def bare_loop(bench: Bench, cells: list[Cell], step: Step) -> dict[Cell, list[str]]:
    """Do the same trainings and predictions in memory, with no runner: each part once, nothing saved."""
    from langalign.aligners import fit_pairs
    from langalign.analysis.retrieval import text_groups

    store = Store(bench.cache, build(bench.encoder).identity)
    aligners, heads, answers = {}, {}, {}
    for cell in cells:
        aligner = None
        if cell.does.aligner:
            key = bench.aligner_key(cell)
            if key not in aligners:
                source, target = bench.pair_texts(cell)
                aligners[key] = fit_pairs(
                    cell.does.aligner,
                    store.rows(source),
                    store.rows(target),
                    groups=text_groups(source),
                    target_groups=text_groups(target),
                    reverse=cell.does.reverse,
                    seed=cell.seed,
                ).aligner
            aligner = aligners[key]
        key = bench.head_key(cell)
        if key not in heads:
            labelled, rows = bench.labelled(cell), bench.head_rows(cell)
            texts = [labelled.texts[row] for row in rows]
            heads[key] = fit_head(
                bench.spec.head.name,
                Features([store.rows(texts)], aligner if cell.does.training else None),
                [labelled.labels[row] for row in rows],
                groups=text_groups(texts),
                seed=cell.seed,
            ).head
            step()
        tested = Features([store.rows(bench.material.test.texts)], aligner if cell.does.test else None)
        answers[cell] = heads[key].predict(tested)
    return answers


def whole_grid(spec: Spec, out: Path, cache: Path, step: Step = no_step) -> Ran:
    """Run an experiment to its tables and figures."""

    @contextmanager
    def stages(title: str, unit: str) -> Iterator[Progress | None]:
        yield (lambda *_: step()) if title == "run cells" else None  # told once for each head

    ran = run_experiment(spec, out=out, cache=cache, workers=1, stages=stages)
    write_output(ran, tabulate(ran), out)
    return ran


def overhead(folder: Path, spec_path: Path, repeats: int) -> tuple[list[Bar], dict[str, Any]]:
    """Run the grid and the bare loop on one core; times count only if all answers are the same."""
    spec, cache = load_spec(spec_path), folder / "cache"
    first = whole_grid(spec, folder / "first", cache)  # embeds, and warms up
    cells = expand(spec)
    answers: dict[Cell, list[str]] = {}
    runs: list[Ran] = []

    def bare(step: Step) -> None:
        with one_thread():
            answers.update(bare_loop(first.bench, cells, step))

    def grid(out: Path, step: Step) -> None:
        runs.append(whole_grid(spec, out, cache, step))

    spent = []
    for number in range(repeats):
        in_folder = partial(grid, folder / f"grid-{number}")
        spent.append(take_turns({"grid": in_folder, "bare": bare}, HEADS))
        for cell, predicted in answers.items():
            result = runs[-1].results[cell]
            assert [result.classes[int(code)] for code in result.answers] == predicted, cell
    beyond = statistics.median(taken["grid"] / taken["bare"] - 1 for taken in spent)
    what = f"{len(cells)} cells over stored vectors: time beyond the bare loop"
    return [Bar(what, beyond * 100, 10, "%", at_most=True)], {"seconds": spent, "heads_in_a_turn": HEADS}


def killed(folder: Path, spec_path: Path, cells: int) -> list[Bar]:
    """Kill a run in the middle, run it again, and count the cells and heads that were made twice."""
    out = folder / "killed"
    command = [sys.executable, "-m", "langalign_cli.main", "experiment", str(spec_path), "--out", str(out)]
    environment = {**os.environ, "LANGALIGN_CACHE": str(folder / "cache")}
    running = subprocess.Popen([*command, "-q", "--workers", "1"], env=environment, stdout=subprocess.DEVNULL)
    while running.poll() is None and len(list(out.glob("cells/*.json"))) < cells:
        time.sleep(0.05)
    running.send_signal(signal.SIGKILL)
    if running.wait() != -signal.SIGKILL:
        raise SystemExit(f"the run was over before it had {cells} cells to be killed at")
    kept = {path: path.stat().st_mtime_ns for path in out.glob("*/*/*.json")} | {
        path: path.stat().st_mtime_ns for path in out.glob("cells/*.json")
    }
    subprocess.run([*command, "-q"], env=environment, check=True, stdout=subprocess.DEVNULL)
    again = sum(path.stat().st_mtime_ns != time_then for path, time_then in kept.items())
    return [
        Bar(
            f"cells, heads and aligners made twice after SIGKILL at {cells} cells",
            again,
            0,
            "files",
            at_most=True,
        )
    ]


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--seeds", type=int, default=4, help="seeds of the grid, 50 cells each")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        spec_path = write_spec(folder, arguments.seeds, arguments.seed)
        bars, details = overhead(folder, spec_path, arguments.repeats)
        bars += killed(folder, spec_path, 25 * arguments.seeds)
    publish("experiment", bars, details, seed=arguments.seed)


if __name__ == "__main__":
    main()

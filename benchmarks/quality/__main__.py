"""Runs the quality benchmark; what a run before this one has made is used again.

python -m benchmarks.quality                    # every spec with both encoders: hours on two cores
python -m benchmarks.quality --only nsmc-e5     # one of them; --only nsmc takes both encoders
python -m benchmarks.quality --centre           # 5,000 pairs and rows alone; a later run adds the rest,
                                                # and a table of more cells is not replaced
python -m benchmarks.quality --closed-form      # without the aligners that are trained; likewise
python -m benchmarks.quality --small            # minutes: one seed, 1,000 pairs, use-multilingual
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.quality import alignment, criteria
from benchmarks.quality.overlap import overlaps
from benchmarks.quality.plan import ENCODERS, RESULTS, Task, at_centre, in_closed_form, small, tasks
from benchmarks.quality.summary import summary
from langalign.cache import cache_folder
from langalign.encoders import build
from langalign.environment import environment
from langalign.errors import LangalignError
from langalign.experiments import Ran, Spec, run_experiment, tabulate, write_output
from langalign.experiments.prepare import read_material
from langalign.experiments.rules import COSINE
from langalign.types import Progress

SECONDS_BETWEEN_LINES = 30
CRITERIA = "criteria"
CUTS = {"centre": at_centre, "closed_form": in_closed_form, "small": small}


def run(task: Task, spec: Spec, arguments: argparse.Namespace) -> None:
    """Run one spec and publish what it came to."""
    material = read_material(spec, arguments.data_dir)
    for line in overlaps(material):
        raise SystemExit(f"{task.name}: {line}; nothing was run")
    ran = run_experiment(
        spec,
        out=arguments.out / "parts",
        cache=arguments.cache,
        data_dir=arguments.data_dir,
        workers=arguments.workers,
        stages=told,
    )
    for failure in ran.failures:
        raise SystemExit(f"{task.name}: {failure.cell}: {failure.error}; run again, what is done is kept")
    folder = arguments.results / task.name
    folder.mkdir(parents=True, exist_ok=True)
    if spec.task.metric == COSINE:
        _publish_alignment(ran, folder)
    else:
        _publish_scores(ran, folder, arguments.out / task.name)
    print((folder / "table.md").read_text(encoding="utf-8"), flush=True)


def _publish_scores(ran: Ran, folder: Path, everything: Path) -> None:
    if _published(folder) > len(ran.results):
        print(f"the table in {folder.name} shows more cells and is kept; run the spec whole to replace it")
        return
    entries = tabulate(ran)
    for file in write_output(ran, entries, everything):
        if file.name in ("table.md", "results.json"):
            (folder / file.name).write_bytes(file.read_bytes())
    if ran.bench.spec.centre:
        _write(folder / "criteria.json", criteria.judged(ran))


def _published(folder: Path) -> int:
    """Tell how many cells the table in a folder was made of."""
    path = folder / "results.json"
    return len(json.loads(path.read_text(encoding="utf-8"))["cells"]) if path.is_file() else 0


def _publish_alignment(ran: Ran, folder: Path) -> None:
    bench = ran.bench
    rows = alignment.measured(ran)
    table = alignment.table(bench.spec.task.name, rows)
    (folder / "table.md").write_text(table, encoding="utf-8")
    content = {
        "spec": bench.spec.model_dump(mode="json", exclude_defaults=True),
        "encoder": {"identity": build(bench.encoder).identity.to_json(), "fingerprint": bench.fingerprint},
        "rows": rows,
        "environment": environment(),
    }
    _write(folder / "results.json", content)


def _write(path: Path, content: object) -> None:
    path.write_text(
        json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False) + "\n", encoding="utf-8"
    )


@contextmanager
def told(title: str, unit: str) -> Iterator[Progress]:
    """Print a line as a stage begins, and now and then how far it has come."""
    print(f"  {title}", flush=True)
    last = time.monotonic()

    def progress(done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last > SECONDS_BETWEEN_LINES:
            print(f"  {title}: {done:,} of {total:,} {unit}", flush=True)
            last = time.monotonic()

    yield progress


def main() -> None:
    """Run what is asked for, one spec after the other."""
    arguments = _arguments()
    encoders = ("use",) if arguments.small else tuple(ENCODERS)
    for task in tasks(arguments.only, encoders):
        print(task.name, flush=True)
        try:
            spec = task.spec()
            for asked, cut in CUTS.items():
                spec = cut(spec) if getattr(arguments, asked) else spec
            run(task, spec, arguments)
        except LangalignError as error:
            raise SystemExit(f"{task.name}: {error}") from error
    folder = arguments.results / CRITERIA
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "table.md").write_text(criteria.table(arguments.results), encoding="utf-8")
    (arguments.results / "summary.md").write_text(summary(arguments.results), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.quality",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    data = os.environ.get("LANGALIGN_DATA")
    parser.add_argument("--only", action="append", default=[], metavar="NAME")
    parser.add_argument("--centre", action="store_true")
    parser.add_argument("--closed-form", action="store_true")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--data-dir", type=Path, default=Path(data) if data else None)
    parser.add_argument("--cache", type=cache_folder, default=cache_folder())
    parser.add_argument("--workers", type=int)
    parser.add_argument("--out", type=Path, help="aligners, heads, cells and figures; out/quality")
    parser.add_argument("--results", type=Path, help="tables; benchmarks/results/quality")
    arguments = parser.parse_args()
    name = "quality-small" if arguments.small else "quality"
    arguments.out = arguments.out or Path("out") / name
    arguments.results = arguments.results or (arguments.out / "results" if arguments.small else RESULTS)
    return arguments


if __name__ == "__main__":
    main()

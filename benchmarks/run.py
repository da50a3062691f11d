"""Runs the scripts of ``benchmarks/speed`` one after another, and shows every bar as one table.

python -m benchmarks.run --small     # make bench-small: small sizes
python -m benchmarks.run             # make bench: the published sizes; run it again, and it goes on

Results go to ``out/bench-small`` or ``out/bench``, or to ``--out``. In a full run a script whose result is
there, of the same code, arguments, machine and versions, is not run again. A script that lacks its data, its
model or a package is skipped, with a line that says why. ``--data`` and ``--model`` are LANGALIGN_DATA and
LANGALIGN_E5 if not given.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from benchmarks.bars import as_text, results, rows
from benchmarks.measure import FOLDER_VARIABLE, PUBLISHED, seconds, shown, source
from langalign.environment import environment

ROOT = Path(__file__).parents[1]
Given = Mapping[str, str | None]


@dataclass(frozen=True)
class Script:
    """Say how a script is run.

    :param name: Its module in ``benchmarks.speed``.
    :param small: Its arguments in a small run; None if it is too long for one.
    :param full: Its arguments in a full run.
    :param needs: What it takes of ``model`` and ``data``.
    :param packages: Modules that it imports beyond langalign's own.
    """

    name: str
    small: str | None
    full: str = ""
    needs: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()


SCRIPTS = (
    Script(
        "store",
        small="--rows 20000 --read 5000 --many 50000 --repeats 2",
        packages=("langchain_classic",),
    ),
    Script("closed_form", small="--pairs 50000 --many 50000 --repeats 1"),
    Script("retrieval", small="--pairs 3000"),
    Script("head", small="--rows 5000 --repeats 2", packages=("sklearn",)),
    Script("training", small="--pairs 1500 --repeats 2", packages=("pytest",)),
    Script("proofs", small="--kills 3", full="--suite", packages=("pytest", "pytest_cov", "xdist")),
    Script("mappings", small="--pairs 1000 --repeats 1", needs=("data",), packages=("isotrieve",)),
    Script("presets", small="--pairs 1000 --paper-epochs 30", needs=("data",)),
    Script("grid", small="", needs=("data",)),
    Script("again", small="--texts 1000", needs=("model", "data")),
    Script(
        "embed",
        small="--sentences 150 --texts 5000 --repeats 2",
        needs=("model", "data"),
        packages=("sentence_transformers",),
    ),
    Script(
        "sentence_pairs",
        small="--pairs 100 --repeats 1",
        needs=("model", "data"),
        packages=("sentence_transformers",),
    ),
    Script("growth", small="--texts 10000 --pairs 10000 --searched 10000 --exact 10000"),
    Script("experiment", small="--seeds 1 --repeats 1"),
    Script("claim", small=None, needs=("model", "data")),
)


def lacking(script: Script, given: Given) -> str:
    """Say what a script lacks; nothing if it can be run."""
    for name in script.needs:
        if not given[name]:
            return f"no {name}; give --{name}"
    absent = [package for package in script.packages if find_spec(package) is None]
    return f"not installed: {', '.join(absent)}" if absent else ""


def measured_before(path: Path, arguments: list[str]) -> bool:
    """Tell whether a result is there, of the same code, arguments, machine and versions."""
    if not path.is_file():
        return False
    wanted = {"arguments": shown(arguments), "source": source(path.stem), "environment": environment()}
    found = json.loads(path.read_text(encoding="utf-8"))
    return all(found.get(key) == value for key, value in wanted.items())


def run(script: Script, arguments: list[str], out: Path) -> str:
    """Run a script; tell what went wrong, nothing if all went well."""
    print(f"-- {script.name} {' '.join(shown(arguments))}", flush=True)
    command = [sys.executable, "-m", f"benchmarks.speed.{script.name}", *arguments]
    surroundings = {"LANGALIGN_CACHE": str(out / "cache"), **os.environ, FOLDER_VARIABLE: str(out)}
    codes: list[int] = []
    taken = seconds(lambda: codes.append(subprocess.run(command, cwd=ROOT, env=surroundings).returncode))
    print(f"   {taken:.0f} s", flush=True)
    return f"failed with exit code {codes[0]}" if codes[0] else ""


def run_all(scripts: Sequence[Script], given: Given, out: Path, *, small: bool) -> dict[str, str]:
    """Run what can be run; give for each script what went wrong, nothing if its result is there."""
    told = {}
    for script in scripts:
        words = script.small if small else script.full
        why = "too long for a small run" if words is None else lacking(script, given)
        if not why:
            arguments = (words or "").split()
            for name in script.needs:
                arguments += [f"--{name}", str(given[name])]
            if small or not measured_before(out / f"{script.name}.json", arguments):
                why = run(script, arguments, out)
        told[script.name] = why
    return told


def table(out: Path, told: dict[str, str]) -> str:
    """Show the bars of a run; of a script that was left out, the published ones."""
    measured, published = dict(results(out)), dict(results(PUBLISHED))
    cells, notes = [], []
    for name, why in told.items():
        if not why:
            cells += rows(name, measured[name])
            continue
        shown_instead = name in published and "failed" not in why
        notes.append(f"{name}: {why}{'; its published figures are shown' if shown_instead else ''}")
        cells += rows(name, published[name], note=" (published)") if shown_instead else []
    return "\n".join([as_text(cells), *notes])


def main() -> None:
    """Run what can be run, and show the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="small sizes, nothing reused")
    parser.add_argument("--out", type=Path, help="folder of the results")
    parser.add_argument("--data", default=os.environ.get("LANGALIGN_DATA"), help="folder of public datasets")
    parser.add_argument("--model", default=os.environ.get("LANGALIGN_E5"), help="e5-small checkpoint")
    parser.add_argument(
        "--only", nargs="*", choices=[script.name for script in SCRIPTS], help="the scripts to run"
    )
    arguments = parser.parse_args()
    out = arguments.out or ROOT / "out" / ("bench-small" if arguments.small else "bench")
    given = {
        name: str(Path(path).resolve()) if path else None
        for name, path in (("data", arguments.data), ("model", arguments.model))
    }
    scripts = [script for script in SCRIPTS if not arguments.only or script.name in arguments.only]
    told = run_all(scripts, given, out.resolve(), small=arguments.small)
    print(f"\n{table(out, told)}")
    if any("failed" in why for why in told.values()):
        raise SystemExit(1)


if __name__ == "__main__":
    main()

"""What tests prove rather than clocks: kills, races, the paper's listings; with --suite the whole suite.

python -m benchmarks.speed.proofs --kills 4
python -m benchmarks.speed.proofs --suite

Needs the extra ``test``, and the repository's root as the working folder.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import Bar, publish, seconds
from tests.store.test_crash import kill_and_finish

ROOT = Path(__file__).parents[2]
TESTS = {
    "4 processes embedding overlapping texts into one store": (
        "tests/store/test_crash.py::test_four_processes_embed_overlapping_texts_into_one_store",
    ),
    "the paper's listings, rebuilt, against fc and ae": ("tests/aligners/test_networks.py",),
    "translate against a server that fails on purpose, and kills": (
        "tests/translation/test_translate.py",
        "tests/translation/test_crash.py",
    ),
}


def kills(count: int, seed: int) -> Bar:
    """Kill the writing of a store at random moments and finish it; count the runs that lost a row."""
    chance, lost = random.Random(seed), 0
    for _ in range(count):
        with tempfile.TemporaryDirectory() as cache:
            try:
                kill_and_finish(Path(cache), chance)
            except AssertionError as error:
                print(f"a kill did harm: {error}")
                lost += 1
    return Bar(
        f"SIGKILL at {count} random moments of writing a store, then finished: runs with a row lost or wrong",
        lost,
        0,
        "",
        at_most=True,
    )


def run_tests(*arguments: str) -> int:
    """Run pytest as ``make test`` does, without data beside the repository.

    :return: Its exit code, 0 where all tests pass.
    """
    alone = {name: value for name, value in os.environ.items() if not name.startswith("LANGALIGN_")}
    command = [sys.executable, "-m", "pytest", "-q", *arguments]
    return subprocess.run(command, cwd=ROOT, env={**alone, "OMP_NUM_THREADS": "1"}).returncode


def suite() -> list[Bar]:
    """Time the whole suite in two processes, and read its coverage."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "coverage.json"
        arguments = ("-n", "2", "--dist", "loadfile", "--cov", f"--cov-report=json:{report}")
        codes: list[int] = []
        taken = seconds(lambda: codes.append(run_tests(*arguments)))
        totals = json.loads(report.read_text(encoding="utf-8"))["totals"]
        covered = 100 * totals["covered_branches"] / totals["num_branches"]
    return [
        Bar("the suite: exit code", codes[0], 0, "", at_most=True),
        Bar("the suite, with coverage", taken / 60, 8, "minutes", at_most=True),
        Bar("branch coverage of langalign/", covered, 90, "%"),
    ]


def main() -> None:
    """Prove and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--suite", action="store_true", help="run the whole suite, with coverage")
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    bars = [kills(arguments.kills, arguments.seed)]
    bars += [
        Bar(f"{what}: exit code of its tests", run_tests(*tests), 0, "", at_most=True)
        for what, tests in TESTS.items()
    ]
    bars += suite() if arguments.suite else []
    publish("proofs", bars, {}, seed=arguments.seed)


if __name__ == "__main__":
    main()

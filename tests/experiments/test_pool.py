"""Jobs run side by side, and a worker that dies takes no other job's answer with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from langalign.errors import DataError
from langalign.experiments.bench import Bench
from langalign.experiments.material import Material
from langalign.experiments.pool import run_jobs
from langalign.experiments.spec import Spec
from tests.experiments.scene import SMALL


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    spec = Spec.model_validate(SMALL)
    return Bench(spec, Material(), "hashing", "f", None, tmp_path, tmp_path, "cpu")


def job(bench: Bench, number: int) -> tuple[int, int]:
    import torch

    if number == 3:
        raise DataError("three\nis too many")
    return number * 2, torch.get_num_threads()


def wordy(bench: Bench, number: int) -> int:
    raise DataError(f"{'so many words ' * 40}; do this")


def deadly(bench: Bench, number: int) -> int:
    os._exit(9)


def test_a_failure_is_told_to_its_end(bench: Bench) -> None:
    assert [error[-9:] for _, _, error in run_jobs(wordy, bench, [1], workers=1)] == ["; do this"]


@pytest.mark.parametrize("workers", [1, 2])
def test_each_job_gives_its_answer_or_one_line(bench: Bench, workers: int, two_threads: None) -> None:
    import torch

    answers = {number: (found, error) for number, found, error in run_jobs(job, bench, [1, 2, 3], workers)}
    assert answers == {1: ((2, 1), ""), 2: ((4, 1), ""), 3: (None, "three is too many")}
    assert torch.get_num_threads() == 2


def test_a_dead_worker_is_an_error_of_its_jobs(bench: Bench) -> None:
    answers = list(run_jobs(deadly, bench, [1, 2], 2))
    assert {number for number, _, _ in answers} == {1, 2}
    assert all(found is None and "terminated abruptly" in error for _, found, error in answers)


def endless(bench: Bench, number: int) -> None:
    (bench.out / f"{number}.pid").write_text(str(os.getpid()))
    time.sleep(600)


FOREVER = """
import sys
from pathlib import Path
from langalign.experiments.bench import Bench
from langalign.experiments.material import Material
from langalign.experiments.pool import run_jobs
from langalign.experiments.spec import Spec
from tests.experiments.scene import SMALL
from tests.experiments.test_pool import endless

if __name__ == "__main__":
    out = Path(sys.argv[1])
    bench = Bench(Spec.model_validate(SMALL), Material(), "hashing", "f", None, out, out, "cpu")
    list(run_jobs(endless, bench, [1, 2], 2))
"""


@pytest.mark.parametrize(
    ("sent", "everyone"),
    [(signal.SIGKILL, False), (signal.SIGINT, False), (signal.SIGINT, True)],  # a terminal interrupts all
)
def test_workers_end_with_their_parent(tmp_path: Path, sent: signal.Signals, everyone: bool) -> None:
    script = tmp_path / "forever.py"
    script.write_text(FOREVER)
    root = str(Path(__file__).parents[2])
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])}
    parent = subprocess.Popen(
        [sys.executable, str(script), str(tmp_path)],
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    until(lambda: sum(bool(path.read_text()) for path in tmp_path.glob("*.pid")) == 2)
    workers = [int(path.read_text()) for path in tmp_path.glob("*.pid")]
    if everyone:
        os.killpg(parent.pid, sent)
    else:
        parent.send_signal(sent)
    _, told = parent.communicate(timeout=30)
    assert told.count("Traceback") == (sent == signal.SIGINT)  # the parent's own, which the CLI catches
    until(lambda: not any(running(worker) for worker in workers))


def running(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"  # what nobody has buried yet


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_no_jobs_need_no_workers(bench: Bench) -> None:
    assert list(run_jobs(job, bench, [], 4)) == []

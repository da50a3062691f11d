"""Jobs run side by side, and a worker that dies takes no other job's answer with it."""

from __future__ import annotations

import os
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


def deadly(bench: Bench, number: int) -> int:
    os._exit(9)


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


def test_no_jobs_need_no_workers(bench: Bench) -> None:
    assert list(run_jobs(job, bench, [], 4)) == []

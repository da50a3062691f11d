"""Real processes, killed or racing."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from langalign.store import Store, fill
from langalign.store.verify import verify
from tests.store.toy import ToyEncoder, numbered, vector

ROOT = Path(__file__).parents[2]
TEXTS = 400
BATCH_SECONDS = 0.02
WRITING_SECONDS = 0.4


def start(cache: Path, begin: int, end: int, delay: float) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.store.toy", str(cache), str(begin), str(end), str(delay)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def check_finished(cache: Path, begin: int, end: int) -> Store:
    toy = ToyEncoder()
    store = Store(cache, toy.identity)
    texts = numbered(begin, end)
    assert fill(toy, store, texts).embedded == 0
    np.testing.assert_array_equal(store.vectors(texts), np.stack([vector(text) for text in texts]))
    assert verify(store.folder).bad == ()
    return store


def kill_and_finish(cache: Path, chance: random.Random) -> None:
    """Kill a job at a random moment of its writing; only the shard in the making may be lost."""
    job = start(cache, 0, TEXTS, BATCH_SECONDS)
    while job.poll() is None and not list(cache.rglob("*.h5")):
        time.sleep(0.002)
    time.sleep(chance.random() * WRITING_SECONDS)
    job.send_signal(signal.SIGKILL)
    job.communicate()
    assert job.returncode == -signal.SIGKILL, "the job was over before it could be killed"
    identity = ToyEncoder().identity
    before = len(Store(cache, identity))
    assert before >= 1
    assert verify(cache / identity.folder_name).bad == ()
    output, errors = start(cache, 0, TEXTS, 0.0).communicate()
    assert errors == ""
    assert int(output) == TEXTS - before
    assert len(check_finished(cache, 0, TEXTS)) == TEXTS


def test_a_kill_at_any_moment_loses_at_most_the_shard_in_the_making(tmp_path: Path) -> None:
    chance = random.Random(0)
    for job in range(2):
        kill_and_finish(tmp_path / str(job), chance)


@pytest.mark.slow
def test_a_hundred_kills(tmp_path: Path) -> None:
    chance = random.Random(1)
    for job in range(100):
        kill_and_finish(tmp_path / str(job), chance)


def test_four_processes_embed_overlapping_texts_into_one_store(tmp_path: Path) -> None:
    jobs = [start(tmp_path, begin, begin + 200, 0.002) for begin in (0, 50, 100, 150)]
    for job in jobs:
        _, errors = job.communicate()
        assert (job.returncode, errors) == (0, "")
    store = check_finished(tmp_path, 0, 350)
    assert not [path for path in store.folder.iterdir() if path.suffix not in (".h5", ".json")]

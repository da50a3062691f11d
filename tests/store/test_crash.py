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


def kill_and_finish(cache: Path, kills: int, chance: random.Random) -> None:
    """Kill a job several times at random moments; each time only the shard in the making may be lost."""
    for _ in range(kills):
        job = start(cache, 0, TEXTS, 0.004)
        time.sleep(0.25 + chance.random() * 0.4)
        job.send_signal(signal.SIGKILL)
        job.communicate()
        identity = ToyEncoder().identity
        before = len(Store(cache, identity))
        assert verify(cache / identity.folder_name).bad == () or before == 0
    output, errors = start(cache, 0, TEXTS, 0.0).communicate()
    assert errors == ""
    assert int(output) <= TEXTS - min(before, TEXTS)
    store = check_finished(cache, 0, TEXTS)
    assert len(store) >= TEXTS


def test_a_kill_at_any_moment_loses_at_most_the_shard_in_the_making(tmp_path: Path) -> None:
    kill_and_finish(tmp_path, 4, random.Random(0))


@pytest.mark.slow
def test_a_hundred_kills(tmp_path: Path) -> None:
    chance = random.Random(1)
    for job in range(20):
        kill_and_finish(tmp_path / str(job), 5, chance)


def test_four_processes_embed_overlapping_texts_into_one_store(tmp_path: Path) -> None:
    jobs = [start(tmp_path, begin, begin + 200, 0.002) for begin in (0, 50, 100, 150)]
    for job in jobs:
        _, errors = job.communicate()
        assert (job.returncode, errors) == (0, "")
    store = check_finished(tmp_path, 0, 350)
    assert not [path for path in store.folder.iterdir() if path.suffix not in (".h5", ".json")]

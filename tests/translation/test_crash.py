"""Real processes, killed in the middle."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.loopback import KEY
from tests.translation.chat_server import ChatServer, korean

ROOT = Path(__file__).parents[2]
TEXTS = [f"This is sentence number {number}." for number in range(60)]
CONCURRENCY = 4


def start(folder: Path, out: str = "pairs.jsonl") -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "langalign_cli.main", "translate", "texts.txt", "--to", "ko"]
    command += ["--translator", "openai:small[backoff=0.001]", "--concurrency", str(CONCURRENCY)]
    command += ["--memory", "memory.sqlite", "--out", out, "--json"]
    return subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def remembered(memory: Path) -> Counter[str]:
    if not memory.exists():
        return Counter()
    file = sqlite3.connect(memory)
    try:
        return Counter(text for (text,) in file.execute("SELECT text FROM answers"))
    finally:
        file.close()


@pytest.mark.parametrize("seed", range(2))
def test_a_kill_at_any_moment_pays_nothing_twice(server: ChatServer, tmp_path: Path, seed: int) -> None:
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS) + "\n")
    server.delay = 0.004
    server.trouble = lambda text, nth: ("ok", "error", "ok")[(TEXTS.index(text) + nth + seed) % 3]
    lost = 0
    for kill in (8, 30):
        job = start(tmp_path)
        while sum(server.charged.values()) < kill + seed and job.poll() is None:
            time.sleep(0.002)
        job.send_signal(signal.SIGKILL)
        job.communicate()
        assert not (tmp_path / "pairs.jsonl").exists()
        time.sleep(0.05)  # what was in flight is charged now
        kept, asked = remembered(tmp_path / "memory.sqlite"), server.asked.copy()
        charged = sum(server.charged.values())
        assert 0 <= charged - kept.total() - lost <= CONCURRENCY
        lost = charged - kept.total()
        assert set(kept.values()) <= {1}
    output, errors = start(tmp_path).communicate()
    found = json.loads(output)
    assert found["translated"] == len(TEXTS)
    assert found["from_memory"] == kept.total()
    assert all(server.asked[text] == asked[text] for text in kept)
    assert sum(server.charged.values()) == len(TEXTS) + lost
    rows = [json.loads(line) for line in (tmp_path / "pairs.jsonl").read_text().splitlines()]
    assert rows == [{"source": text, "target": korean(text)} for text in TEXTS]
    assert KEY not in output + errors
    written = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert not any(KEY.encode() in content for content in written)


def test_two_processes_at_once_pay_for_each_text_once(server: ChatServer, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("\n".join(TEXTS) + "\n")
    server.delay = 0.1
    server.trouble = lambda text, nth: ("ok", "error", "empty")[TEXTS.index(text) % 3] if nth == 1 else "ok"
    jobs = [start(tmp_path, out) for out in ("one.jsonl", "other.jsonl")]
    found = [json.loads(job.communicate()[0]) for job in jobs]
    assert [one["translated"] for one in found] == [len(TEXTS)] * 2
    assert set(server.good.values()) == {1}
    assert sum(server.charged.values()) == len(TEXTS) + len(TEXTS) // 3  # an empty answer is paid for
    assert (tmp_path / "one.jsonl").read_bytes() == (tmp_path / "other.jsonl").read_bytes()

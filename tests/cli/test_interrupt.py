"""Ctrl-C ends a command with one line and exit code 130, whenever it comes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from langalign_cli import _interrupt


@pytest.mark.parametrize("later", [1, 30, 100, 200])
def test_an_interrupt_while_modules_are_imported_is_one_line(tmp_path: Path, later: int) -> None:
    os.mkfifo(tmp_path / "texts.txt")  # nobody writes to it: the command would wait for ever
    command = [sys.executable, "-X", "importtime", "-m", "langalign_cli.main", "embed", "texts.txt"]
    command += ["--encoder", "hashing", "--quiet"]
    job = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert job.stderr is not None
    # Python tells of each module as soon as it is imported.
    while not (line := job.stderr.readline()).endswith("langalign_cli._interrupt\n"):
        assert line
    for _ in range(later):
        assert job.stderr.readline().startswith("import time:")
    job.send_signal(signal.SIGINT)
    output, errors = job.communicate(timeout=60)
    told = [line for line in errors.splitlines() if not line.startswith("import time:")]
    assert told == [f"langalign: {_interrupt.LINE}"]
    assert (job.returncode, output) == (130, "")


def test_an_interrupt_ends_cleanly_and_keeps_what_was_embedded(tmp_path: Path) -> None:
    lines = (f"{number} " + "word " * 400 for number in range(60_000))
    (tmp_path / "long.txt").write_text("\n".join(lines), encoding="utf-8")
    command = [sys.executable, "-m", "langalign_cli.main", "embed", "long.txt", "--encoder", "hashing"]
    job = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    store = tmp_path / "cache"
    deadline = time.monotonic() + 300  # a loaded machine may take a minute to start
    while not list(store.rglob("*.h5")) and time.monotonic() < deadline:
        time.sleep(0.05)
    job.send_signal(signal.SIGINT)
    _, errors = job.communicate(timeout=60)
    assert job.returncode == 130
    assert errors.splitlines()[-1].startswith("langalign: interrupted")
    assert "Traceback" not in errors
    assert list(store.rglob("*.h5"))


def test_interrupts_that_are_ignored_stay_ignored(tmp_path: Path) -> None:
    command = f"trap '' INT; {sys.executable} -c '{PROGRAM}'"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "True\n", "")


def test_an_interrupt_after_the_work_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-c", LATE], cwd=tmp_path, capture_output=True, text=True)
    assert done.stdout.startswith("langalign ")
    assert (done.returncode, done.stderr) == (_interrupt.EXIT_CODE, f"langalign: {_interrupt.LINE}\n")


LATE = """
import atexit, signal, sys
from langalign_cli.main import run
atexit.register(signal.raise_signal, signal.SIGINT)
sys.argv = ["langalign", "--version"]
run()
"""

PROGRAM = """
import signal
from langalign_cli import _interrupt
_interrupt.leave_at_once()
_interrupt.raise_again()
print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
"""


def test_the_callers_own_handler_is_left_alone() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        _interrupt.leave_at_once()
        _interrupt.raise_again()
        signal.raise_signal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]

"""What a rehearsal lets through, and what it stops."""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from langalign import rehearsal
from langalign.errors import DamageError, DataError
from langalign.rehearsal import most_unpacked, rehearse


def read(path: Path) -> None:
    """Read it."""
    path.read_bytes()


def complain(path: Path) -> None:
    raise DamageError(f"{path}: is cracked")


def swell(path: Path) -> None:
    np.ones(2**29)


def crash(path: Path) -> None:
    os.abort()


def spin(path: Path) -> None:
    end = time.process_time() + 60
    while time.process_time() < end:
        pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    (tmp_path / "a.bin").write_bytes(b"1234")
    return tmp_path / "a.bin"


def test_what_can_be_read_passes(path: Path):
    rehearse(read, path)


def test_an_error_keeps_its_kind_and_line(path: Path):
    with pytest.raises(DamageError, match=r"a\.bin: is cracked$"):
        rehearse(complain, path)


@pytest.mark.parametrize("reading", [swell, crash])
def test_what_would_take_all_memory_or_crash_is_one_clear_line(path: Path, reading):
    with pytest.raises(DataError, match=r"a\.bin: reading its 4 bytes takes more than 260 MB"):
        rehearse(reading, path)


def test_what_does_not_end_is_one_clear_line(path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(rehearsal, "_SECONDS", 1)
    with pytest.raises(DataError, match="or 1 s"):
        rehearse(spin, path)


def test_modules_of_the_working_folder_are_not_run(path: Path, monkeypatch: pytest.MonkeyPatch):
    (path.parent / "json.py").write_text("raise SystemExit(3)")
    monkeypatch.chdir(path.parent)
    rehearse(read, path)


def test_a_small_file_is_trusted_with_little_and_a_large_one_with_more(path: Path):
    assert most_unpacked(path) == 4 * 2**20
    path.write_bytes(bytes(2**20))
    assert most_unpacked(path) == 200 * 2**20

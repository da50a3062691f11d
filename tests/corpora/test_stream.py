"""Opening files and cutting them into lines."""

from __future__ import annotations

import gzip
import itertools
import lzma
from pathlib import Path

import pytest

from langalign.corpora import _stream
from langalign.corpora._stream import lines, opened
from langalign.errors import DataError


def test_only_lf_ends_a_line(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes("a\u2028b\x85c\x0bd\x0ce\x1cf\rg\r\nh".encode())
    assert [line.text for line in lines(path)] == ["a\u2028b\x85c\x0bd\x0ce\x1cf\rg\r\n", "h"]


def test_a_byte_order_mark_is_dropped_at_the_start_only(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes("\ufeffa\n\ufeffb\n".encode())
    assert [line.text for line in lines(path)] == ["a\n", "\ufeffb\n"]


def test_a_line_that_is_not_utf8_says_which_byte(tmp_path: Path):
    path = tmp_path / "a.txt"
    path.write_bytes(b"fine\nna\xefve\nfine\n")
    found = list(lines(path))
    assert [line.problem for line in found] == ["", "byte 3 (0xef) is not UTF-8", ""]
    assert [line.number for line in found] == [1, 2, 3]


def test_a_line_too_long_to_be_one_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_stream, "LONGEST_LINE", 100)
    path = tmp_path / "a.txt"
    path.write_text("x" * 99 + "\n" + "x" * 101)
    with pytest.raises(DataError, match="line 2: longer than"):
        list(lines(path))


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_packed_files_are_unpacked(tmp_path: Path, ending: str, pack):
    path = tmp_path / f"a.txt{ending}"
    path.write_bytes(pack("하나\n둘\n".encode()))
    assert [line.text for line in lines(path)] == ["하나\n", "둘\n"]


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_a_truncated_packed_file_is_damaged(tmp_path: Path, ending: str, pack):
    path = tmp_path / f"a.txt{ending}"
    path.write_bytes(pack(bytes(range(256)) * 400)[:-20])
    with pytest.raises(DataError, match="is damaged"), opened(path) as stream:
        stream.read()


@pytest.mark.parametrize("ending", [".gz", ".xz"])
def test_a_file_that_is_not_packed_is_damaged(tmp_path: Path, ending: str):
    path = tmp_path / f"a.txt{ending}"
    path.write_text("plain")
    with pytest.raises(DataError, match=f"is damaged, or not the {ending} file"):
        list(lines(path))


@pytest.mark.parametrize(("ending", "pack"), [(".gz", gzip.compress), (".xz", lzma.compress)])
def test_a_bomb_is_refused_before_it_fills_memory(tmp_path: Path, ending: str, pack):
    path = tmp_path / f"a.txt{ending}"
    line = b"a" * ((1 << 18) - 1) + b"\n"
    path.write_bytes(pack(line * 20))
    found = (len(found.text) for found in lines(path))
    read = list(itertools.islice(found, 12))
    with pytest.raises(DataError, match="unpacks to over 4,194,304 bytes from"):
        read.extend(found)
    assert 3 << 20 <= sum(read) <= 4 << 20


def test_a_file_that_cannot_be_opened_is_one_clear_line(tmp_path: Path):
    with pytest.raises(DataError, match="cannot be read: No such file"):
        list(lines(tmp_path / "none.txt"))

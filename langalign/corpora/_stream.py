"""Opens files, packed or not, and cuts them into lines.

Only LF and CRLF end a line: Python's own text mode and ``str.splitlines`` also cut at lone CR, NEL,
U+2028 and more, which are text, and cutting there would shift one side of a pair set against the other.
"""

from __future__ import annotations

import gzip
import io
import lzma
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from langalign.errors import DataError
from langalign.rehearsal import most_unpacked

PACKED = (".gz", ".xz")
LONGEST_LINE = 1 << 24
"""Bytes that a line, or a quoted field, may hold."""


class Line(NamedTuple):
    """A line with its end still on; undecodable bytes are lone surrogates, and ``problem`` tells."""

    number: int
    text: str
    problem: str


@contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """Open a file for reading, unpacking ``.gz`` and ``.xz`` on the way.

    :param path: The file.
    :yield: Its bytes, unpacked.
    :raises DataError: If it cannot be read, is damaged, or unpacks beyond belief.
    """
    try:
        with _unpacked(path) as stream:
            yield stream
    except (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile) as error:
        raise DataError(f"{path} is damaged, or not the {path.suffix} file its name says: {error}") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from error


def lines(path: Path) -> Iterator[Line]:
    """Read a file line by line, as UTF-8.

    :param path: The file.
    :yield: Each line; a byte-order mark at the start is dropped.
    :raises DataError: If the file cannot be read, or a line is too long to be one.
    """
    with opened(path) as stream:
        number = 0
        while raw := stream.readline(LONGEST_LINE + 1):
            number += 1
            if len(raw) > LONGEST_LINE:
                raise DataError(f"{path}, line {number}: longer than {LONGEST_LINE >> 20} MiB; is this text?")
            if number == 1:
                raw = raw.removeprefix(b"\xef\xbb\xbf")
            try:
                yield Line(number, raw.decode(), "")
            except UnicodeDecodeError as error:
                problem = f"byte {error.start + 1} (0x{raw[error.start]:02x}) is not UTF-8"
                yield Line(number, raw.decode(errors="surrogateescape"), problem)


def too_much(path: Path) -> DataError:
    """Say that a packed file outgrew what text packs to."""
    return DataError(
        f"{path} unpacks to over {most_unpacked(path):,} bytes from {path.stat().st_size:,}, as text does "
        "not; if it is what you want, unpack it first"
    )


def _unpacked(path: Path) -> io.BufferedReader:
    ending = path.suffix.lower()
    if ending == ".gz":
        return io.BufferedReader(_Guarded(gzip.open(path), path))
    if ending == ".xz":
        return io.BufferedReader(_Guarded(lzma.open(path), path))
    return path.open("rb")


class _Guarded(io.RawIOBase):
    """Unpacked bytes, refused where they outgrow the packed file as text never does."""

    def __init__(self, stream: gzip.GzipFile | lzma.LZMAFile, path: Path) -> None:
        self._stream, self._path = stream, path
        self._limit = most_unpacked(path)
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # narrower than Buffer
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        self._count += len(data)
        if self._count > self._limit:
            raise too_much(self._path)
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()

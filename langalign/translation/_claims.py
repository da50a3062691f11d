"""Which texts a process is asking for, so that no other process asks for them at the same time.

A claim locks one byte of a file that stays empty, at a place that follows from the text's key. The
operating system keeps these locks, and drops them with the process, so a kill leaves no claim behind.
Processes see each other's claims; the threads of one process do not.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from langalign.durable import explained

_PLACE_BYTES = 7
"""A file offset has 63 bits."""


class Claims:
    """Claim texts by their keys."""

    def __init__(self, path: Path) -> None:
        """Open the file, or make it.

        :param path: The file; all processes that shall see each other name the same.
        :raises StoreError: If it cannot be opened.
        """
        self._path = path
        with explained(f"open {path}"):
            self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)

    def close(self) -> None:
        """Close the file; claims that are still held are dropped."""
        os.close(self._file)

    @contextmanager
    def held(self, keys: Iterable[bytes]) -> Iterator[list[bytes]]:
        """Claim what no other process has claimed, without waiting for the rest.

        :param keys: What to claim.
        :yield: Those that are held until the end.
        :raises StoreError: If the file cannot be locked.
        """
        ours: list[bytes] = []
        try:
            for key in keys:
                if self._lock(key):
                    ours.append(key)
            yield ours
        finally:
            for key in ours:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _place(key))

    def _lock(self, key: bytes) -> bool:
        with explained(f"lock {self._path}"):
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(key))
            except (BlockingIOError, PermissionError):  # which of the two depends on the system
                return False
            return True


def _place(key: bytes) -> int:
    return int.from_bytes(key[:_PLACE_BYTES], "big")

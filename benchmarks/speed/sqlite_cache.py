"""The cache that most people write for themselves: SQLite, a hash of the text, the vector as a blob."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from langalign.types import Vectors

ASKED_AT_ONCE = 500
"""Keys in one SELECT; faster than one by one, and under the limit of every SQLite."""


class SqliteCache:
    """Keep float32 vectors by the BLAKE2b hash of their text."""

    def __init__(self, path: Path) -> None:
        """Open the file, and make the table if there is none."""
        self.connection = sqlite3.connect(path)
        self.connection.execute("CREATE TABLE IF NOT EXISTS vectors (key BLOB PRIMARY KEY, vector BLOB)")

    def write(self, texts: Sequence[str], vectors: Vectors) -> None:
        """Add rows in one transaction. Shape: ``(N, D)``."""
        rows = zip(map(key, texts), (vector.tobytes() for vector in vectors), strict=True)
        with self.connection:
            self.connection.executemany("INSERT OR REPLACE INTO vectors VALUES (?, ?)", rows)

    def read(self, texts: Sequence[str]) -> Vectors:
        """Read the vectors of texts, in their order. Shape: ``(N, D)``."""
        keys = [key(text) for text in texts]
        found = dict(self._selected(keys))
        return np.stack([np.frombuffer(found[one], np.float32) for one in keys])

    def close(self) -> None:
        """Close the file."""
        self.connection.close()

    def _selected(self, keys: Sequence[bytes]) -> Iterable[tuple[bytes, bytes]]:
        for start in range(0, len(keys), ASKED_AT_ONCE):
            part = keys[start : start + ASKED_AT_ONCE]
            marks = ",".join("?" * len(part))
            yield from self.connection.execute(
                f"SELECT key, vector FROM vectors WHERE key IN ({marks})", part
            )


def key(text: str) -> bytes:
    """Hash a text as the store does."""
    return blake2b(text.encode(), digest_size=16).digest()

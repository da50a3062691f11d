"""The translation memory: every answer that ever came, in one SQLite file.

An answer is committed as it came, before anything looks at it: a crash, a bad answer or a mistake in the
checks never makes it be paid for again. A text asked again gets another row, so what was paid can be
told. Several threads and processes may share the file; beside it lies one for the claims of those that
are asking.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import Any

from typing_extensions import Self

from langalign.durable import explained, make_folder
from langalign.errors import StoreError
from langalign.translation._claims import Claims

MEMORY = "translations.sqlite"
"""Name of the translation memory in the cache folder."""

FORMAT = 1
_BUSY_SECONDS = 60.0
_BUSY_PAUSE = 0.01
_CHUNK = 500
_TABLE = """
CREATE TABLE IF NOT EXISTS answers (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    request TEXT NOT NULL,
    text TEXT NOT NULL,
    answer TEXT NOT NULL,
    told TEXT NOT NULL DEFAULT CURRENT_TIMESTAMP
)
"""
_INDEX = "CREATE INDEX IF NOT EXISTS answers_by_key ON answers (key, id)"


class Memory:
    """Remember answers by request and exact text."""

    def __init__(self, path: Path, request: Mapping[str, Any]) -> None:
        """Open the file, or make it.

        :param path: The file.
        :param request: Everything but the text that an answer depends on; plain JSON types.
        :raises StoreError: If it cannot be opened, or is no translation memory.
        """
        self._path, self._lock = path, threading.Lock()
        self._request = json.dumps(request, sort_keys=True, ensure_ascii=False)
        with explained(f"make {path.parent}"):
            make_folder(path.parent.absolute())
        with self._told("opened"), ExitStack() as opening:
            self._file = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            opening.callback(self._file.close)
            self._prepare()
            self._claims = Claims(path.with_name(f"{path.name}.claims"))
            opening.pop_all()

    def __enter__(self) -> Self:
        """Give the memory."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the files."""
        self._file.close()
        self._claims.close()

    def answers(self, texts: Sequence[str]) -> dict[str, list[str]]:
        """Recall the answers to texts.

        :param texts: Distinct texts.
        :return: For each text that has any, its answers, oldest first.
        """
        found: dict[str, list[str]] = {}
        with self._lock, self._told("read"):
            for start in range(0, len(texts), _CHUNK):
                keys = {self._key(text): text for text in texts[start : start + _CHUNK]}
                holes = ",".join("?" * len(keys))
                query = f"SELECT key, answer FROM answers WHERE key IN ({holes}) ORDER BY id"  # noqa: S608  # holes only
                for key, answer in self._file.execute(query, tuple(keys)):
                    found.setdefault(keys[key], []).append(answer)
        return found

    def add(self, texts: Sequence[str], answers: Sequence[str]) -> None:
        """Commit answers; when this returns they survive a power cut.

        :param texts: The texts.
        :param answers: The answer to each, as it came.
        """
        rows = [
            (self._key(text), self._request, text, answer)
            for text, answer in zip(texts, answers, strict=True)
        ]
        with self._lock, self._told("written"), self._transaction():
            self._file.executemany(
                "INSERT INTO answers (key, request, text, answer) VALUES (?, ?, ?, ?)", rows
            )

    @contextmanager
    def claimed(self, texts: Sequence[str]) -> Iterator[set[str]]:
        """Keep other processes from asking for texts.

        :param texts: Distinct texts.
        :yield: Those that are kept from them; the others another process is asking for.
        :raises StoreError: If the file of claims cannot be locked.
        """
        keys = {self._key(text): text for text in texts}
        with self._claims.held(keys) as ours:
            yield {keys[key] for key in ours}

    def _log_ahead(self) -> None:
        """Switch to a write-ahead log; SQLite itself does not wait for another that opens a new file."""
        end = time.monotonic() + _BUSY_SECONDS
        while True:
            try:
                self._file.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if "locked" not in str(error) or time.monotonic() > end:
                    raise
            time.sleep(_BUSY_PAUSE)

    def _prepare(self) -> None:
        self._log_ahead()
        self._file.execute("PRAGMA synchronous = FULL")
        with self._transaction():
            (format_,) = self._file.execute("PRAGMA user_version").fetchone()
            (tables,) = self._file.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if format_ != FORMAT and (format_ or tables):
                raise StoreError(
                    f"{self._path} is no translation memory of format {FORMAT}; choose another --memory"
                )
            self._file.execute(_TABLE)
            self._file.execute(_INDEX)
            self._file.execute(f"PRAGMA user_version = {FORMAT}")

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """Commit what is done within, or nothing of it."""
        with self._file:
            self._file.execute("BEGIN IMMEDIATE")
            yield

    def _key(self, text: str) -> bytes:
        return blake2b(f"{self._request}\0{text}".encode(), digest_size=16).digest()

    @contextmanager
    def _told(self, action: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(
                f"the translation memory {self._path} cannot be {action}: {error}; what it holds is kept: "
                "free space or mend permissions and run again, or choose another --memory"
            ) from error

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from langalign.errors import StoreError
from langalign.translation._memory import Memory


def test_answers_come_back_in_the_order_they_came(tmp_path: Path) -> None:
    with Memory(tmp_path / "deep" / "memory.sqlite", {"model": "a"}) as memory:
        memory.add(["one", "two"], ["1", "2"])
        memory.add(["one"], ["uno"])
        assert memory.answers(["one", "two", "three"]) == {"one": ["1", "uno"], "two": ["2"]}
    with Memory(tmp_path / "deep" / "memory.sqlite", {"model": "a"}) as memory:
        assert memory.answers(["one"]) == {"one": ["1", "uno"]}
    with Memory(tmp_path / "deep" / "memory.sqlite", {"model": "b"}) as memory:
        assert memory.answers(["one"]) == {}


def test_answers_to_many_texts_come_back(tmp_path: Path) -> None:
    texts = [f"text {number}" for number in range(1500)]
    with Memory(tmp_path / "memory.sqlite", {}) as memory:
        memory.add(texts, texts)
        assert memory.answers(texts) == {text: [text] for text in texts}


def test_every_commit_is_synced(tmp_path: Path) -> None:
    with Memory(tmp_path / "memory.sqlite", {}) as memory:
        assert memory._file.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert memory._file.execute("PRAGMA synchronous").fetchone() == (2,)


def test_threads_and_open_files_share_it(tmp_path: Path) -> None:
    with (
        Memory(tmp_path / "memory.sqlite", {}) as one,
        Memory(tmp_path / "memory.sqlite", {}) as other,
        ThreadPoolExecutor(8) as pool,
    ):
        list(pool.map(lambda n: (one, other)[n % 2].add([f"{n}"], [f"{n}"]), range(100)))
        texts = [f"{number}" for number in range(100)]
        assert one.answers(texts) == other.answers(texts) == {text: [text] for text in texts}


def test_a_file_that_another_has_just_made_is_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Two that switch to the log at once would wait for each other, so SQLite waits in neither, as with no
    # timeout.
    connect = sqlite3.connect
    monkeypatch.setattr(sqlite3, "connect", lambda path, **more: connect(path, **{**more, "timeout": 0}))
    other = connect(tmp_path / "memory.sqlite", isolation_level=None, check_same_thread=False)
    other.execute("PRAGMA user_version = 0")
    other.execute("BEGIN")
    other.execute("SELECT count(*) FROM sqlite_master").fetchone()
    release = threading.Timer(0.2, other.close)
    release.start()
    with Memory(tmp_path / "memory.sqlite", {}) as memory:
        memory.add(["one"], ["1"])
        assert memory.answers(["one"]) == {"one": ["1"]}
    release.join()


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("notes " * 1000)
    with pytest.raises(StoreError, match=r"notes\.txt cannot be opened: file is not a database"):
        Memory(path, {})
    assert path.read_text() == "notes " * 1000
    other = tmp_path / "other.sqlite"
    file = sqlite3.connect(other)
    file.execute("CREATE TABLE mine (x)")
    file.close()
    with pytest.raises(StoreError, match="is no translation memory of format 1"):
        Memory(other, {})
    with pytest.raises(StoreError, match="cannot be opened"):
        Memory(tmp_path, {})


def test_a_failed_write_is_one_line_and_keeps_what_is_there(tmp_path: Path) -> None:
    with Memory(tmp_path / "memory.sqlite", {}) as memory:
        memory.add(["one"], ["1"])
        memory._file.execute(
            "CREATE TRIGGER full BEFORE INSERT ON answers BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
        with pytest.raises(StoreError, match="cannot be written: full; what it holds is kept"):
            memory.add(["two"], ["2"])
        assert memory.answers(["one", "two"]) == {"one": ["1"]}

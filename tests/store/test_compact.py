from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np
import pytest

from langalign.errors import StoreError
from langalign.store import Store, compact, fill, row_keys
from langalign.store.compact import compact as compact_store
from langalign.store.compact import merge_small, remove_leftovers
from tests.store.toy import WIDTH, ToyEncoder, numbered, vector


def rows(texts: list[str]) -> np.ndarray:
    return np.stack([vector(text) for text in texts])


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path, ToyEncoder().identity)
    for start in range(0, 60, 10):
        texts = numbered(start, start + 15)  # five of each are in the next shard too
        store.append(row_keys(texts), rows(texts))
    return store


def test_compaction_collapses_duplicates(store: Store) -> None:
    assert (len(store), compact_store(store)) == (90, 25)
    assert (len(store), len(store.shards)) == (65, 1)
    np.testing.assert_array_equal(store.vectors(numbered(0, 65)), rows(numbered(0, 65)))
    assert compact_store(store) == 0


def test_full_shards_are_cut_and_then_left_alone(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compact, "SHARD_BYTES", 20 * WIDTH * 4)
    heard: list[tuple[int, int]] = []
    compact_store(store, lambda done, total: heard.append((done, total)))
    assert [len(shard) for shard in store.shards] == [20, 20, 20, 5]
    assert heard == [(20, 65), (40, 65), (60, 65), (65, 65)]
    before = [shard.path for shard in store.shards]
    compact_store(store)
    assert [shard.path for shard in store.shards] == before


def test_a_reader_opened_before_goes_on_reading_right_vectors(store: Store) -> None:
    reader = Store(store.folder.parent, store.identity)
    early = reader.rows(numbered(0, 65))
    compact_store(store)
    np.testing.assert_array_equal(early[:], rows(numbered(0, 65)))
    np.testing.assert_array_equal(reader.vectors(numbered(0, 65)), rows(numbered(0, 65)))
    reader.refresh()
    assert len(reader.shards) == 1


def test_merging_writes_before_it_removes(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise StoreError("disk full")

    monkeypatch.setattr(Store, "append", full)
    with pytest.raises(StoreError, match="disk full"):
        compact_store(store)
    assert len(Store(store.folder.parent, store.identity)) == 90


def test_only_old_leftovers_of_kills_are_removed(store: Store) -> None:
    old, new = store.folder / ".a.h5.1.tmp", store.folder / ".b.h5.2.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 7200, time.time() - 7200))
    remove_leftovers(store.folder)
    assert not old.exists()
    assert new.exists()


def test_fill_sees_merged_shards_of_another_process(store: Store) -> None:
    other = Store(store.folder.parent, store.identity)
    compact_store(store)
    toy = ToyEncoder()
    assert fill(toy, other, numbered(0, 70)).embedded == 5
    assert len(other.vectors(numbered(0, 70))) == 70


def test_a_store_without_shards_is_compact(store: Store) -> None:
    for path in store.folder.glob("*.h5"):
        path.unlink()
    assert compact_store(Store(store.folder.parent, store.identity)) == 0


def test_rows_that_another_process_adds_meanwhile_are_no_duplicates(store: Store) -> None:
    def add(done: int, total: int) -> None:
        texts = numbered(100, 200)
        Store(store.folder.parent, store.identity).append(row_keys(texts), rows(texts))

    assert compact_store(store, add) == 25
    assert len(store) == 165


def test_a_merge_that_fails_midway_leaves_the_disk_as_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(store.folder.iterdir())
    monkeypatch.setattr(compact, "SHARD_BYTES", 20 * WIDTH * 4)

    def full(done: int, total: int) -> None:
        if done == 40:
            raise StoreError("disk full")

    with pytest.raises(StoreError, match="disk full"):
        compact_store(store, full)
    assert sorted(store.folder.iterdir()) == before


def test_what_others_have_merged_is_not_merged_again(store: Store) -> None:
    other = Store(store.folder.parent, store.identity)
    compact_store(store)
    merge_small(other)
    assert [shard.path for shard in other.shards] == [shard.path for shard in store.shards]

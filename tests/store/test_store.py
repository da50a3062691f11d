from __future__ import annotations

import json
import os
import resource
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from langalign import durable
from langalign.errors import DamageError, IdentityError, StoreError
from langalign.store import Store, fill, row_keys
from langalign.store import store as store_module
from langalign.store.compact import compact
from langalign.store.shard import Shard
from langalign.types import Identity
from tests.store.toy import WIDTH, ToyEncoder, numbered, vector


@pytest.fixture
def store(tmp_path: Path) -> Store:
    toy = ToyEncoder()
    store = Store(tmp_path, toy.identity)
    fill(toy, store, numbered(0, 50))
    return store


def test_rows_are_read_in_any_order_with_repeats_by_slice_mask_and_array(store: Store) -> None:
    texts = [*numbered(0, 50)[::-1], *numbered(3, 6)]
    expected = np.stack([vector(text) for text in texts])
    rows = store.rows(texts)
    assert rows.shape == expected.shape
    assert len(rows) == 53
    np.testing.assert_array_equal(rows[:], expected)
    np.testing.assert_array_equal(rows[10:20], expected[10:20])
    np.testing.assert_array_equal(rows[np.array([50, 1, 1])], expected[[50, 1, 1]])
    np.testing.assert_array_equal(rows[np.arange(53) % 2 == 0], expected[::2])
    np.testing.assert_array_equal(np.asarray(rows), expected)
    assert rows[:0].shape == (0, WIDTH)


def test_texts_that_are_not_stored_are_counted_and_the_first_is_shown(store: Store) -> None:
    with pytest.raises(StoreError, match=r"2 of 3 texts are not in the store .* 'absent'"):
        store.rows(["absent", numbered(0, 1)[0], "too"])


def test_an_empty_store_is_not_created_by_looking(tmp_path: Path) -> None:
    store = Store(tmp_path / "none", ToyEncoder().identity)
    assert (len(store), store.has(row_keys(["a"])).tolist()) == (0, [False])
    assert not (tmp_path / "none").exists()


def test_the_folder_tells_its_identity(store: Store) -> None:
    content = json.loads((store.folder / "encoder.json").read_text())
    assert content["fingerprint"] == store.identity.fingerprint
    assert content["width"] == WIDTH
    again = Store.from_folder(store.folder)
    assert (again.identity, len(again)) == (store.identity, 50)


def test_a_folder_renamed_to_another_identity_is_refused(store: Store) -> None:
    other = Identity("toy", "md5 noise", "2")
    shutil.copytree(store.folder, store.folder.parent / other.folder_name)
    with pytest.raises(IdentityError, match="not of toy:md5 noise"):
        Store(store.folder.parent, other)


@pytest.mark.parametrize("content", ["", "{}", "[1]", '{"kind": 3}', "\xff"])
def test_a_damaged_encoder_file_is_named(store: Store, content: str) -> None:
    (store.folder / "encoder.json").write_text(content, encoding="latin1")
    with pytest.raises(DamageError, match=r"encoder\.json"):
        Store(store.folder.parent, store.identity)


def test_a_changed_encoder_file_is_noticed(store: Store) -> None:
    path = store.folder / "encoder.json"
    path.write_text(path.read_text().replace('"revision": "1"', '"revision": "2"'))
    with pytest.raises(DamageError, match="fingerprint is not that of its identity"):
        Store(store.folder.parent, store.identity)


def test_a_lost_encoder_file_is_noticed(store: Store) -> None:
    (store.folder / "encoder.json").unlink()
    with pytest.raises(DamageError, match=r"encoder\.json is missing"):
        Store(store.folder.parent, store.identity)


def test_a_service_that_changes_its_width_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match=f"width {WIDTH}, but the encoder gave width 3"):
        store.append(row_keys(["new"]), np.ones((1, 3), np.float32))


def test_a_full_disk_is_one_clear_error_and_the_store_as_it_was(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_space(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", no_space)
        with pytest.raises(StoreError, match="No space left on device; what was stored before is kept"):
            store.append(row_keys(["new"]), np.ones((1, WIDTH), np.float32))
    again = Store(store.folder.parent, store.identity)
    assert len(again) == 50
    assert sorted(path.suffix for path in store.folder.iterdir()) == [".h5", ".json"]


def test_a_cache_that_is_a_file_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    toy = ToyEncoder()
    with pytest.raises(StoreError, match="cannot write"):
        fill(toy, Store(tmp_path / "file", toy.identity), ["a"])


options = st.dictionaries(
    st.text(max_size=5), st.none() | st.booleans() | st.integers() | st.text(max_size=5), max_size=3
)


@settings(max_examples=50)
@given(st.text(max_size=80), options)
def test_identities_survive_json_and_name_safe_folders(name: str, chosen: dict[str, object]) -> None:
    identity = Identity("kind", name, "r", chosen)
    again = Identity.from_json(json.loads(json.dumps(identity.to_json())))
    assert again == identity
    assert again.fingerprint == identity.fingerprint
    assert Path(identity.folder_name).name == identity.folder_name
    assert not identity.folder_name.startswith(".")


def test_a_store_that_is_removed_while_in_use_is_made_anew(store: Store) -> None:
    shutil.rmtree(store.folder)
    store.append(row_keys(["new"]), vector("new")[None])
    np.testing.assert_array_equal(
        Store(store.folder.parent, store.identity).vectors(["new"])[0], vector("new")
    )


def test_a_shard_that_is_merged_as_soon_as_it_is_written_is_found(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def write_and_lose_the_race(path: Path, data: bytes) -> None:
        durable.write_durably(path, data)
        monkeypatch.undo()
        compact(Store(store.folder.parent, store.identity))

    monkeypatch.setattr(store_module, "write_durably", write_and_lose_the_race)
    store.append(row_keys(["new"]), vector("new")[None])
    assert len(store.shards) == 1
    np.testing.assert_array_equal(store.vectors(["new"])[0], vector("new"))


def test_a_refresh_by_another_thread_does_not_mix_up_rows(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = numbered(0, 60)
    store.append(row_keys(texts[50:]), np.stack([vector(text) for text in texts[50:]]))
    find = Shard.find

    def find_and_compact(shard: Shard, keys: np.ndarray) -> np.ndarray:
        found = find(shard, keys)
        if shard is last:
            compact(store)
        return found

    last = store.shards[-1]
    monkeypatch.setattr(Shard, "find", find_and_compact)
    np.testing.assert_array_equal(store.vectors(texts), np.stack([vector(text) for text in texts]))


def test_threads_may_share_a_store(store: Store) -> None:
    texts = numbered(0, 50)
    expected = np.stack([vector(text) for text in texts])

    def work(number: int) -> bool:
        row = number % 50
        if number % 10 == 0:
            compact(store)
        elif number % 2:
            store.append(row_keys(texts[row : row + 1]), expected[row : row + 1])
        return bool(np.array_equal(store.vectors(texts), expected))

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(200)))


def test_a_link_to_nowhere_among_the_shards_is_named(store: Store) -> None:
    (store.folder / "x.h5").symlink_to("nowhere")
    with pytest.raises(StoreError, match=r"x\.h5: is a link to a file that is not there"):
        Store(store.folder.parent, store.identity)


def test_a_renamed_folder_is_not_taken_for_another(store: Store) -> None:
    moved = store.folder.rename(store.folder.parent / "renamed")
    with pytest.raises(DamageError, match="renamed: belongs to"):
        Store.from_folder(moved)


def test_vectors_without_numbers_are_refused_and_leave_no_trace(tmp_path: Path) -> None:
    store = Store(tmp_path, ToyEncoder().identity)
    with pytest.raises(StoreError, match="width 0"):
        store.append(row_keys(["a"]), np.ones((1, 0), np.float32))
    assert list(tmp_path.iterdir()) == []


def test_too_many_open_files_is_not_called_damage(store: Store) -> None:
    lowest_free = os.dup(0)
    os.close(lowest_free)
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free, limits[1]))
    try:
        with pytest.raises(StoreError, match="Too many open files") as caught:
            Store(store.folder.parent, store.identity)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    assert not isinstance(caught.value, DamageError)

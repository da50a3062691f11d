from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from langalign.store import Store, fill, row_keys
from langalign.store.verify import store_folders, verify
from tests.store.toy import WIDTH, ToyEncoder, numbered, vector


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = Store(tmp_path, ToyEncoder().identity)
    for start in (0, 20):
        texts = numbered(start, start + 20)
        store.append(row_keys(texts), np.stack([vector(text) for text in texts]))
    return store


def damage_a_row(store: Store) -> Path:
    path = store.shards[0].path
    content = bytearray(path.read_bytes())
    at = content.index(store.shards[0].vectors[7].tobytes())
    content[at] ^= 1
    path.write_bytes(content)
    return path


def test_a_whole_store_is_clean(store: Store) -> None:
    heard: list[tuple[int, int]] = []
    result = verify(store.folder, progress=lambda done, total: heard.append((done, total)))
    assert (result.shards, result.rows, result.bad) == (2, 40, ())
    assert heard == [(1, 2), (2, 2)]


def test_a_damaged_row_is_found_mended_and_embedded_again(store: Store) -> None:
    path = damage_a_row(store)
    (bad,) = verify(store.folder).bad
    assert (bad.file, bad.lost_rows) == (path, 1)
    verify(store.folder, mend=True)
    assert path.with_name(path.name + ".damaged").exists()
    assert verify(store.folder).bad == ()
    toy = ToyEncoder()
    again = Store(store.folder.parent, store.identity)
    assert fill(toy, again, numbered(0, 40)).embedded == 1
    np.testing.assert_array_equal(
        again.vectors(numbered(0, 40)), np.stack([vector(t) for t in numbered(0, 40)])
    )


def test_a_cut_shard_is_set_aside_whole(store: Store) -> None:
    path = store.shards[1].path
    path.write_bytes(path.read_bytes()[:500])
    (bad,) = verify(store.folder, mend=True).bad
    assert (bad.file, bad.lost_rows) == (path, None)
    assert len(Store(store.folder.parent, store.identity)) == 20


def test_a_link_to_nowhere_is_found_and_set_aside(store: Store) -> None:
    link = store.folder / "x.h5"
    link.symlink_to("nowhere.h5")
    (bad,) = verify(store.folder, mend=True).bad
    assert (bad.file, "is a link to a file that is not there" in bad.problem) == (link, True)
    assert verify(store.folder).bad == ()
    assert len(Store(store.folder.parent, store.identity)) == 40


def test_numbers_that_are_not_finite_are_damage_even_with_a_right_checksum(store: Store) -> None:
    from langalign.durable import write_durably
    from langalign.store.shard import shard_image

    bad = np.full((1, WIDTH), np.nan, np.float32)
    write_durably(store.folder / "9.h5", shard_image(row_keys(["nan"]), bad, store.identity.fingerprint))
    assert [one.lost_rows for one in verify(store.folder).bad] == [1]


def test_a_folder_that_lies_about_its_identity_is_found(store: Store) -> None:
    moved = store.folder.rename(store.folder.parent / "renamed")
    (bad,) = verify(moved).bad
    assert "whose folder is" in bad.problem


def test_stores_are_listed_and_other_folders_passed_over(store: Store) -> None:
    cache = store.folder.parent
    (cache / "notes").mkdir()
    assert store_folders(cache) == [store.folder]
    assert store_folders(cache / "none") == []


def test_mending_writes_good_rows_before_it_sets_their_shard_aside(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = damage_a_row(store)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Path, "rename", killed)
        with pytest.raises(KeyboardInterrupt):
            verify(store.folder, mend=True)
    path.unlink()
    assert Store(store.folder.parent, store.identity).has(row_keys(numbered(0, 40))).sum() == 39


def test_two_processes_may_mend_at_once(store: Store) -> None:
    path = damage_a_row(store)

    def other(done: int, total: int) -> None:
        if done == total:
            verify(store.folder, mend=True)

    (bad,) = verify(store.folder, mend=True, progress=other).bad
    assert bad.file == path
    assert verify(store.folder).bad == ()


def test_a_lost_identity_is_not_called_mended(store: Store) -> None:
    (store.folder / "encoder.json").write_text("{}")
    result = verify(store.folder, mend=True)
    assert (len(result.bad), result.mended) == (1, False)
    assert len(list(store.folder.glob("*.h5"))) == 2


def test_a_changed_width_is_damage_of_the_encoder_file_and_no_shard_is_set_aside(store: Store) -> None:
    path = store.folder / "encoder.json"
    path.write_text(path.read_text().replace(f'"width": {WIDTH}', f'"width": {WIDTH + 1}'))
    (bad,) = verify(store.folder, mend=True).bad
    assert bad.file == path
    assert "checksum" in bad.problem

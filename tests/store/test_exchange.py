from __future__ import annotations

import json
import resource
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from langalign.errors import StoreError
from langalign.store import Store, exchange, fill
from langalign.store.exchange import export_rows, import_rows
from langalign.store.vector_file import ENDINGS
from tests.full_disk import room_for
from tests.store.toy import TEXTS, ToyEncoder, numbered, store_in, vector


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("some", [None, [*TEXTS[:10], TEXTS[0]]])
def test_what_goes_out_comes_in_again(
    tmp_path: Path, store: Store, ending: str, some: list[str] | None
) -> None:
    path = tmp_path / f"out{ending}"
    count = export_rows(store, path, some)
    assert count == (len(TEXTS) if some is None else 10)
    other = store_in(tmp_path / "to")
    assert import_rows(other, path) == count
    assert import_rows(other, path) == 0
    np.testing.assert_array_equal(other.vectors(TEXTS[:10]), np.stack([vector(text) for text in TEXTS[:10]]))


@pytest.mark.parametrize("ending", ENDINGS)
def test_pairs_and_half_precision_travel_too(tmp_path: Path, ending: str) -> None:
    half, pairs = ToyEncoder(storage="float16"), [("a", "b"), ("c", "d"), "e"]
    store = store_in(tmp_path / "from", "float16")
    fill(half, store, pairs)
    export_rows(store, tmp_path / f"out{ending}", pairs)
    other = store_in(tmp_path / "to", "float16")
    assert import_rows(other, tmp_path / f"out{ending}") == 3
    np.testing.assert_array_equal(other.vectors(pairs), store.vectors(pairs))


def test_the_files_are_what_other_tools_read(tmp_path: Path, store: Store) -> None:
    expected = np.stack([vector(text) for text in TEXTS])
    for ending in ENDINGS:
        export_rows(store, tmp_path / f"out{ending}", TEXTS)
    np.testing.assert_array_equal(np.load(tmp_path / "out.npy"), expected)
    lines = (tmp_path / "out.texts.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == TEXTS
    table = pq.read_table(tmp_path / "out.parquet")
    assert table["text"].to_pylist() == TEXTS
    np.testing.assert_array_equal(np.stack(table["vector"].to_numpy()), expected)
    with h5py.File(tmp_path / "out.h5") as file:
        assert file["vectors"].shape == expected.shape


def test_vectors_of_other_tools_come_in_with_their_texts(tmp_path: Path) -> None:
    vectors = np.stack([vector(text) for text in TEXTS]).astype(np.float64)
    np.save(tmp_path / "own.npy", vectors)
    pq.write_table(pa.table({"text": TEXTS, "vector": vectors.tolist()}), tmp_path / "own.parquet")
    for name, texts in (("own.npy", TEXTS), ("own.parquet", None)):
        store = store_in(tmp_path / name.replace(".", "-"))
        assert import_rows(store, tmp_path / name, texts) == len(TEXTS)
        np.testing.assert_array_equal(store.vectors(TEXTS), vectors.astype(np.float32))


def test_texts_of_an_older_export_are_not_taken_for_those_of_a_newer_one(
    tmp_path: Path, store: Store
) -> None:
    export_rows(store, tmp_path / "out.npy", TEXTS)
    export_rows(store, tmp_path / "out.npy")
    other = store_in(tmp_path / "to")
    import_rows(other, tmp_path / "out.npy")
    np.testing.assert_array_equal(other.vectors(TEXTS), np.stack([vector(text) for text in TEXTS]))


@pytest.mark.parametrize("ending", ENDINGS)
def test_a_full_disk_is_one_clear_error_and_no_file(tmp_path: Path, ending: str) -> None:
    store = store_in(tmp_path / "from")
    texts = numbered(0, 500)
    fill(ToyEncoder(), store, texts)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))  # the system's own way to say no
    try:
        with pytest.raises(StoreError, match=f"cannot write .*out{ending}"):
            export_rows(store, tmp_path / f"out{ending}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert [path.name for path in tmp_path.iterdir()] == ["from"]


def test_a_failed_export_leaves_the_older_one(tmp_path: Path) -> None:
    store = store_in(tmp_path / "from")
    fill(ToyEncoder(), store, numbered(0, 50))
    export_rows(store, tmp_path / "out.npy", numbered(0, 50))
    fill(ToyEncoder(), store, numbered(50, 4000))
    with room_for(20_000), pytest.raises(StoreError, match="cannot write"):
        export_rows(store, tmp_path / "out.npy")
    other = store_in(tmp_path / "to")
    assert import_rows(other, tmp_path / "out.npy") == 50
    np.testing.assert_array_equal(other.vectors(numbered(0, 50)), store.vectors(numbered(0, 50)))


def test_a_large_import_keeps_few_files_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = store_in(tmp_path / "from")
    fill(ToyEncoder(), store, numbered(0, 600))
    export_rows(store, tmp_path / "out.npy")
    monkeypatch.setattr(exchange, "BLOCK", 10)
    monkeypatch.setattr(exchange, "MERGE_EVERY", 8)
    other = store_in(tmp_path / "to")
    assert import_rows(other, tmp_path / "out.npy") == 600
    assert len(other.shards) <= 12
    np.testing.assert_array_equal(other.vectors(numbered(0, 600)), store.vectors(numbered(0, 600)))

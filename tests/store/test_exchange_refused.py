from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from langalign.errors import DamageError, DataError, IdentityError, LangalignError, ShapeError, StoreError
from langalign.store import Store, exchange, fill, row_keys
from langalign.store.exchange import export_rows, import_rows
from langalign.types import Identity
from tests.store.toy import TEXTS, WIDTH, ToyEncoder, numbered, store_in, vector


@pytest.mark.parametrize("ending", [".parquet", ".h5"])
def test_vectors_of_another_encoder_are_refused_with_both_names(
    tmp_path: Path, store: Store, ending: str
) -> None:
    path = tmp_path / f"out{ending}"
    export_rows(store, path)
    other = Store(tmp_path / "to", Identity("toy", "other", "1"))
    with pytest.raises(IdentityError, match=f"{store.identity.fingerprint}.*{other.identity.fingerprint}"):
        import_rows(other, path)


def test_vectors_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    vectors = np.ones((2, WIDTH), np.float32)
    vectors[1, 1] = np.nan
    np.save(tmp_path / "bad.npy", vectors)
    store = store_in(tmp_path / "to")
    with pytest.raises(DamageError, match="NaN"):
        import_rows(store, tmp_path / "bad.npy", ["a", "b"])
    assert len(store) == 0


@pytest.mark.parametrize(("storage", "number"), [("float32", np.nan), ("float16", 1e6)])
def test_a_vector_that_is_not_finite_is_named_by_its_row_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, storage: str, number: float
) -> None:
    monkeypatch.setattr(exchange, "BLOCK", 4)
    texts = numbered(0, 10)
    vectors = np.ones((10, WIDTH), np.float32)
    np.save(tmp_path / "good.npy", vectors[:3])
    vectors[8, 1] = number
    np.save(tmp_path / "bad.npy", vectors)
    store = store_in(tmp_path / "to", storage)
    import_rows(store, tmp_path / "good.npy", texts[:3])
    with pytest.raises(DamageError, match=f"bad.npy as {storage}: row 8 holds NaN or infinite"):
        import_rows(store, tmp_path / "bad.npy", texts)


def save_object_array(path: Path) -> None:
    np.save(path, np.array([{"a": 1}], dtype=object), allow_pickle=True)


def save_external_link(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["vectors"] = h5py.ExternalLink("elsewhere.h5", "/x")


UNUSABLE: dict[str, Callable[[Path], object]] = {
    "pickle.npy": save_object_array,
    "garbage.npy": lambda path: path.write_bytes(b"garbage"),
    "rows.npy": lambda path: np.save(path, np.ones((3, WIDTH), np.float32)),
    "flat.npy": lambda path: np.save(path, np.ones(2, np.float32)),
    "complex.npy": lambda path: np.save(path, np.ones((2, WIDTH), complex)),
    "huge.npy": lambda path: np.save(path, np.full((2, WIDTH), 1e300)),
    "alone.npy": lambda path: np.save(path, np.ones((2, WIDTH), np.float32)),
    "garbage.parquet": lambda path: path.write_bytes(b"garbage"),
    "nameless.parquet": lambda path: pq.write_table(pa.table({"vector": np.ones((2, WIDTH)).tolist()}), path),
    "garbage.h5": lambda path: path.write_bytes(b"garbage"),
    "foreign.h5": save_external_link,
    "text.csv": lambda path: path.write_text("a"),
    "missing.npy": lambda path: None,
}


@pytest.mark.parametrize(
    ("name", "error", "says"),
    [
        ("pickle.npy", DataError, "not a plain numpy array"),
        ("garbage.npy", DataError, "not a plain numpy array"),
        ("rows.npy", ShapeError, "for 2 texts"),
        ("flat.npy", DataError, "each text needs one row"),
        ("complex.npy", DataError, "holds complex128 of shape"),
        ("huge.npy", DamageError, "infinite"),
        ("alone.npy", DataError, "--texts"),
        ("garbage.parquet", DataError, "vector"),
        ("nameless.parquet", DataError, "'text' or 'key'"),
        ("garbage.h5", DamageError, "not an export"),
        ("foreign.h5", DamageError, "not an export"),
        ("text.csv", DataError, "choose one of"),
        ("missing.npy", DataError, "no such file"),
    ],
)
def test_unusable_files_are_named(tmp_path: Path, name: str, error: type[LangalignError], says: str) -> None:
    path = tmp_path / name
    UNUSABLE[name](path)
    texts = None if name in ("alone.npy", "nameless.parquet") else ["a", "b"]
    with pytest.raises(error, match=says) as caught:
        import_rows(store_in(tmp_path / "to"), path, texts)
    assert str(path) in str(caught.value)


def test_an_external_link_in_an_import_is_refused(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "out.h5"
    export_rows(store, path)
    with h5py.File(path, "r+") as file:
        del file["vectors"]
        file["vectors"] = h5py.ExternalLink(str(store.shards[0].path), "/vectors")
    with pytest.raises(DamageError, match="link"):
        import_rows(store_in(tmp_path / "to"), path)


def test_keys_beside_an_array_must_be_keys(tmp_path: Path, store: Store) -> None:
    export_rows(store, tmp_path / "out.npy")
    np.save(tmp_path / "out.keys.npy", np.ones((len(TEXTS), 3)))
    with pytest.raises(DataError, match="not keys of 16 bytes"):
        import_rows(store_in(tmp_path / "to"), tmp_path / "out.npy")


def test_an_empty_store_and_absent_texts_cannot_be_exported(tmp_path: Path, store: Store) -> None:
    with pytest.raises(DataError, match="no rows to export"):
        export_rows(store_in(tmp_path / "to"), tmp_path / "out.h5")
    with pytest.raises(StoreError, match="not in the store"):
        export_rows(store, tmp_path / "out.h5", ["absent"])
    assert row_keys(["absent"]).shape == (1, 16)


@pytest.mark.parametrize("line", ['{"a": 1}', '["a"]', "3", "null", "[" * 100_000])
def test_lines_beside_an_array_must_be_texts(tmp_path: Path, line: str) -> None:
    np.save(tmp_path / "own.npy", np.ones((1, WIDTH), np.float32))
    (tmp_path / "own.texts.jsonl").write_text(line)
    with pytest.raises(DataError, match=r"own\.texts\.jsonl"):
        import_rows(store_in(tmp_path / "to"), tmp_path / "own.npy")


@pytest.mark.parametrize(
    "column", [{"text": [1, 2]}, {"text": ["a", None]}, {"key": [b"a" * 8, b"b" * 24]}, {"key": ["a", "b"]}]
)
def test_odd_columns_are_named(tmp_path: Path, column: dict[str, list[object]]) -> None:
    pq.write_table(pa.table({"vector": np.ones((2, WIDTH)).tolist(), **column}), tmp_path / "own.parquet")
    with pytest.raises(DataError, match=f"column '{next(iter(column))}'"):
        import_rows(store_in(tmp_path / "to"), tmp_path / "own.parquet")


def test_an_export_that_is_cut_and_joined_again_is_refused(tmp_path: Path, store: Store) -> None:
    path = tmp_path / "out.h5"
    export_rows(store, path)
    path.write_bytes(path.read_bytes()[:-400] + bytes(400))
    with pytest.raises(DamageError, match=r"out\.h5"):
        import_rows(store_in(tmp_path / "to"), path)


def test_a_text_that_is_not_unicode_is_refused_by_parquet_only(tmp_path: Path) -> None:
    toy = ToyEncoder()
    store = store_in(tmp_path)
    fill(toy, store, ["\ud800"])
    with pytest.raises(DataError, match="UTF-8"):
        export_rows(store, tmp_path / "out.parquet", ["\ud800"])
    assert export_rows(store, tmp_path / "out.npy", ["\ud800"]) == 1


def save(path: Path, columns: dict[str, object]) -> None:
    vectors = np.stack([vector(text) for text in TEXTS])
    if path.suffix == ".npy":
        np.save(path, vectors)
        path.with_suffix(".texts.jsonl").write_text("".join(json.dumps(text) + "\n" for text in TEXTS))
    else:
        pq.write_table(pa.table({**columns, "vector": vectors.tolist()}), path)


@pytest.mark.parametrize(
    ("ending", "columns"),
    [
        (".npy", {}),
        (".parquet", {"text": TEXTS}),
        (".parquet", {"key": [bytes(key) for key in row_keys(TEXTS)]}),
    ],
)
def test_texts_that_differ_from_those_of_the_file_are_refused(
    tmp_path: Path, ending: str, columns: dict[str, object]
) -> None:
    path, store = tmp_path / f"own{ending}", store_in(tmp_path / "to")
    save(path, columns)
    for others in (TEXTS[::-1], TEXTS[1:], ["x"] * len(TEXTS)):
        with pytest.raises(DataError, match=f"own{ending}.*{len(others)} that are not these"):
            import_rows(store, path, others)
    assert import_rows(store, path, TEXTS) == len(TEXTS)
    np.testing.assert_array_equal(store.vectors(TEXTS), np.stack([vector(text) for text in TEXTS]))


def test_texts_of_a_shard_may_come_in_any_order_but_not_be_others(tmp_path: Path, store: Store) -> None:
    export_rows(store, tmp_path / "out.h5", TEXTS)
    with pytest.raises(DataError, match=r"out\.h5.*--texts"):
        import_rows(store_in(tmp_path / "to"), tmp_path / "out.h5", [*TEXTS[1:], "x"])
    assert import_rows(store_in(tmp_path / "to"), tmp_path / "out.h5", [*TEXTS, TEXTS[0]]) == len(TEXTS)


def test_vectors_of_another_width_are_refused_with_both_widths(tmp_path: Path, store: Store) -> None:
    np.save(tmp_path / "seven.npy", np.ones((1, 7), np.float32))
    for full, width in ((store, None), (store, 7), (store_in(tmp_path / "to"), WIDTH)):
        with pytest.raises(ShapeError, match=rf"seven\.npy: holds vectors of width 7.* of width {WIDTH};"):
            import_rows(full, tmp_path / "seven.npy", ["new"], width=width)
    assert not (tmp_path / "to").exists()
    assert import_rows(store_in(tmp_path / "to"), tmp_path / "seven.npy", ["new"]) == 1

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from langalign.errors import DamageError, DataError
from langalign.store.vector_file import read_vectors, recorded_origin, write_vectors

VECTORS = np.random.default_rng(0).standard_normal((5, 3)).astype(np.float32)
TEXTS = ["a", "b\n", ("c", "d"), "é", ""]


@pytest.mark.parametrize("ending", [".npy", ".parquet", ".h5"])
def test_what_is_written_is_read_again(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"v{ending}"
    write_vectors(path, VECTORS, TEXTS)
    np.testing.assert_array_equal(read_vectors(path), VECTORS)


def test_parquet_carries_texts_and_pairs(tmp_path: Path) -> None:
    write_vectors(tmp_path / "v.parquet", VECTORS, TEXTS)
    table = pq.read_table(tmp_path / "v.parquet")
    assert table["text"].to_pylist() == ["a", "b\n", "c", "é", ""]
    assert table["pair"].to_pylist() == [None, None, "d", None, None]


def test_other_widths_of_number_become_float32(tmp_path: Path) -> None:
    np.save(tmp_path / "v.npy", VECTORS.astype(np.float64))
    pq.write_table(pa.table({"vector": VECTORS.astype(np.float64).tolist()}), tmp_path / "v.parquet")
    for name in ("v.npy", "v.parquet"):
        assert read_vectors(tmp_path / name).dtype == np.float32


def save_link(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["vectors"] = h5py.ExternalLink("other.h5", "/vectors")


def save_null(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file["vectors"] = h5py.Empty("f4")


UNUSABLE = {
    "flat.npy": lambda path: np.save(path, VECTORS[0]),
    "words.npy": lambda path: np.save(path, np.array([["a"]])),
    "pickle.npy": lambda path: np.save(path, np.array([[{}]]), allow_pickle=True),
    "garbage.npy": lambda path: path.write_bytes(b"x"),
    "garbage.h5": lambda path: path.write_bytes(b"x"),
    "link.h5": save_link,
    "null.h5": save_null,
    "garbage.parquet": lambda path: path.write_bytes(b"x"),
    "uneven.parquet": lambda path: pq.write_table(pa.table({"vector": [[1.0], [1.0, 2.0]]}), path),
    "empty.parquet": lambda path: pq.write_table(
        pa.table({"vector": pa.array([], pa.list_(pa.float32()))}), path
    ),
    "other.csv": lambda path: path.write_text("1"),
    "missing.npy": lambda path: None,
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_files_that_are_not_vectors_are_named(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    UNUSABLE[name](path)
    with pytest.raises(DataError, match=name):
        read_vectors(path)


@pytest.mark.parametrize("name", ["v.h5", "v.parquet"])
def test_a_file_that_is_not_what_its_name_says_tells_no_origin(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"no such file form")
    with pytest.raises(DataError, match=name):
        recorded_origin(tmp_path / name)


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e300])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, number: float) -> None:
    np.save(tmp_path / "v.npy", np.array([[1.0, number]]))
    with pytest.raises(DamageError, match="NaN or infinite"):
        read_vectors(tmp_path / "v.npy")


def test_an_unknown_ending_is_refused_before_writing(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="choose one of"):
        write_vectors(tmp_path / "v.txt", VECTORS)


@pytest.mark.parametrize("lists", [[[1.0], [2.0, 3.0, 4.0]], [[1.0, 2.0, 3.0, 4.0], None]])
def test_lists_that_are_equally_long_on_average_only_are_refused(tmp_path: Path, lists: list[object]) -> None:
    pq.write_table(pa.table({"vector": lists}), tmp_path / "v.parquet")
    with pytest.raises(DataError, match="equally long"):
        read_vectors(tmp_path / "v.parquet")


def save_archive(path: Path) -> None:
    with path.open("wb") as file:
        np.savez(file, VECTORS)


def save_odd_header(path: Path) -> None:
    whole = b"\x93NUMPY\x01\x00\x08\x00({'a': 1"
    path.write_bytes(whole)


def save_claim_npy(path: Path) -> None:
    with path.open("wb") as file:
        header = {"descr": "<f4", "fortran_order": False, "shape": (10**9, 1000)}
        np.lib.format.write_array_header_2_0(file, header)


def save_claim_h5(path: Path) -> None:
    with h5py.File(path, "w") as file:
        file.create_dataset("vectors", (10**8, 1000), "f4", chunks=(1000, 1000))


def save_claim_parquet(path: Path) -> None:
    column = pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(30_000_000, np.float32)), 1000)
    pq.write_table(pa.table({"vector": column}), path)


CLAIMS = {
    "archive.npy": save_archive,
    "header.npy": save_odd_header,
    "claim.npy": save_claim_npy,
    "claim.h5": save_claim_h5,
    "claim.parquet": save_claim_parquet,
}


@pytest.mark.parametrize("name", CLAIMS)
def test_archives_and_small_files_that_claim_to_be_large_are_refused(tmp_path: Path, name: str) -> None:
    CLAIMS[name](tmp_path / name)
    with pytest.raises(DataError, match=name):
        read_vectors(tmp_path / name)

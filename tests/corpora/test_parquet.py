"""What is odd in parquet."""

from __future__ import annotations

import datetime
import gzip
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from langalign.corpora import _parquet
from langalign.corpora._parquet import read_parquet
from langalign.errors import DataError


def test_rows_are_numbered_across_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(_parquet, "_BATCH_ROWS", 3)
    pq.write_table(pa.table({"x": list("abcdefgh")}), tmp_path / "a.parquet")
    rows = list(read_parquet(tmp_path / "a.parquet").rows)
    assert [(row.line, row.cells["x"]) for row in rows] == list(enumerate("abcdefgh", start=1))


def test_values_become_cells(tmp_path: Path):
    day = datetime.date(2024, 2, 29)
    table = pa.table({"d": [day], "s": [{"en": "a"}], "i": [3], "l": [[1]], "b": [b"x"], "n": pa.nulls(1)})
    pq.write_table(table, tmp_path / "a.parquet")
    (row,) = read_parquet(tmp_path / "a.parquet").rows
    assert row.cells == {"d": "2024-02-29", "s.en": "a", "i": "3", "n": ""}


def test_a_file_that_is_not_parquet_is_one_clear_line(tmp_path: Path):
    (tmp_path / "a.parquet").write_bytes(b"not parquet at all, but long enough to look")
    with pytest.raises(DataError, match=r"a\.parquet is damaged, or not a parquet file"):
        read_parquet(tmp_path / "a.parquet")


def test_text_that_is_not_utf8_is_one_clear_line(tmp_path: Path):
    broken = pa.Array.from_buffers(
        pa.string(), 1, [None, pa.py_buffer(b"\0\0\0\0\1\0\0\0"), pa.py_buffer(b"\xff")]
    )
    pq.write_table(pa.table({"x": broken}), tmp_path / "a.parquet")
    with pytest.raises(DataError, match="is damaged"):
        list(read_parquet(tmp_path / "a.parquet").rows)


def test_a_packed_file_that_is_cut_short_is_one_clear_line(tmp_path: Path):
    pq.write_table(pa.table({"x": ["a"] * 1000}), tmp_path / "a.parquet")
    packed = gzip.compress((tmp_path / "a.parquet").read_bytes())
    (tmp_path / "a.parquet.gz").write_bytes(packed[:-30])
    with pytest.raises(DataError, match="is damaged"):
        read_parquet(tmp_path / "a.parquet.gz")


def save_repeats(path: Path) -> None:
    column = pa.DictionaryArray.from_arrays(pa.array(np.zeros(100_000, np.int32)), ["a" * 100_000])
    pq.write_table(pa.table({"text": column}), path)


def save_one_page(path: Path) -> None:
    table = pa.table({"text": ["a" * 300_000_000]})
    pq.write_table(table, path, compression="zstd", use_dictionary=False, write_statistics=False)


def save_rows_of_nothing(path: Path) -> None:
    pq.write_table(pa.table({"text": pa.nulls(3_000_000)}), path)


@pytest.mark.parametrize("save", [save_repeats, save_one_page, save_rows_of_nothing])
def test_a_bomb_is_refused_before_it_fills_memory(tmp_path: Path, save):
    path = tmp_path / "a.parquet"
    save(path)
    assert path.stat().st_size < 50_000
    with pytest.raises(DataError, match=r"a\.parquet.*(unpacks to over|takes more than|malloc)"):
        read_parquet(path)


def test_lists_and_bytes_are_not_even_read(tmp_path: Path):
    table = pa.table({"s": [{"en": "a", "l": [1]}], "b": [b"x"], "m": [[1]], "s.de": ["b"]})
    pq.write_table(table, tmp_path / "a.parquet")
    (batch,) = _parquet._batches(tmp_path / "a.parquet")
    assert batch.to_pylist() == [{"s": {"en": "a"}, "s.de": "b"}]

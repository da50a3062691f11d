from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from langalign.errors import DataError, ShapeError
from langalign.store import fill
from langalign.store.exchange import export_rows
from langalign.store.formats import read_row_texts
from tests.store.toy import ToyEncoder, store_in

TEXTS = [("a", "b"), "c\n", "é"]


@pytest.mark.parametrize(("ending", "told"), [(".npy", TEXTS), (".parquet", TEXTS), (".h5", None)])
def test_the_texts_of_an_export_are_read_in_the_order_of_its_rows(
    tmp_path: Path, ending: str, told: list | None
) -> None:
    path, store = tmp_path / f"out{ending}", store_in(tmp_path / "store")
    fill(ToyEncoder(), store, TEXTS)
    export_rows(store, path, TEXTS)
    assert read_row_texts(path, 3) == told
    export_rows(store, path)
    assert read_row_texts(path, 3) is None  # every row of a store goes out by key


def test_texts_of_another_number_of_rows_are_refused(tmp_path: Path) -> None:
    (tmp_path / "v.texts.jsonl").write_text('"a"\n"b"\n')
    (tmp_path / "v.npy").touch()
    with pytest.raises(ShapeError, match="holds 3 rows for 2 texts"):
        read_row_texts(tmp_path / "v.npy", 3)


def test_a_text_that_is_absent_is_named(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"vector": np.ones((2, 3)).tolist(), "text": ["a", None]}), tmp_path / "v.parquet"
    )
    with pytest.raises(DataError, match="its column 'text' holds None, which is no text"):
        read_row_texts(tmp_path / "v.parquet", 2)

"""The three file formats that rows leave and enter a store by; see :mod:`langalign.store.exchange`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.durable import replacing
from langalign.errors import DataError, IdentityError, ShapeError
from langalign.rehearsal import rehearse
from langalign.store.key import KEY_BYTES, key_order, row_keys
from langalign.store.shard import Shard, open_shard, read_header, stored_dtype, write_shard_file
from langalign.store.store import Store, StoredRows
from langalign.store.vector_file import (
    FINGERPRINT,
    NPY,
    PARQUET,
    Origin,
    map_npy,
    parquet_origin,
    read_parquet_vectors,
    require_numbers,
    sidecars,
    text_columns,
)
from langalign.types import Keys, Rows, Text

BLOCK = 16_384
"""Rows that are held in memory at a time."""

_COLUMNS: dict[str, tuple[type, ...]] = {"text": (str,), "pair": (str, type(None)), "key": (bytes,)}
"""What tells whose the vectors of a Parquet file are."""


@dataclass(frozen=True)
class KeyedRows:
    """Rows in transit.

    :param keys: Shape: ``(n, 16)``.
    :param rows: Shape: ``(n, D)``.
    :param texts: The texts, where they are known. Length: ``n``.
    """

    keys: Keys
    rows: Rows
    texts: Sequence[Text] | None = None


def write_npy(path: Path, leaving: KeyedRows, store: Store) -> None:
    """Write ``.npy``, with the texts or the keys beside it.

    Those of an older export go when all is written but before anything gets its name, so that vectors
    never stand beside texts of others.
    """
    keys_path, texts_path = sidecars(path)
    with replacing(keys_path if leaving.texts is None else texts_path) as beside:
        with beside.open("wb") as file:
            if leaving.texts is None:
                np.save(file, leaving.keys, allow_pickle=False)
            else:
                file.writelines((json.dumps(text) + "\n").encode() for text in leaving.texts)
        with replacing(path) as temporary:
            _write_array(temporary, leaving.rows, stored_dtype(store.identity.storage))
            keys_path.unlink(missing_ok=True)
            texts_path.unlink(missing_ok=True)


def _write_array(path: Path, rows: Rows, dtype: np.dtype[Any]) -> None:
    """Write rows block by block in numpy's format."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_2_0(
            file, {"descr": dtype.str, "fortran_order": False, "shape": rows.shape}
        )
        for start in range(0, len(rows), BLOCK):
            file.write(np.asarray(rows[start : start + BLOCK], dtype=dtype).tobytes())


def read_npy(path: Path, named: Keys | None, store: Store) -> KeyedRows:
    """Map ``.npy``, and read the texts or keys beside it."""
    rows = map_npy(path)
    require_numbers(path, rows)
    keys_path, texts_path = sidecars(path)
    own = None
    if texts_path.exists():
        own = row_keys(_read_texts(texts_path))
    elif keys_path.exists():
        own = _checked_keys(map_npy(keys_path), keys_path)
    lack = f"there is no {texts_path.name} beside it; name the texts with --texts"
    return KeyedRows(_agreed_keys(path, own, named, lack), rows)


def _agreed_keys(path: Path, own: Keys | None, named: Keys | None, lack: str = "") -> Keys:
    """Take the keys that a file tells itself, else those of the texts named; both must agree."""
    keys = named if own is None else own
    if keys is None:
        raise DataError(f"{path}: {lack}")
    if named is not None and not np.array_equal(keys, named):
        raise DataError(
            f"{path}: tells itself which texts its {len(keys):,} rows are of, and --texts names "
            f"{len(named):,} that are not these in this order; leave out --texts"
        )
    return keys


def _read_texts(path: Path) -> list[Text]:
    try:
        lines = path.read_text(encoding="utf-8").split("\n")
        return [_as_text(json.loads(line)) for line in lines if line]
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path}: is not one JSON string, or list of two, a line: {error}") from error


def _as_text(value: Any) -> Text:
    if isinstance(value, list) and len(value) == 2 and all(isinstance(part, str) for part in value):
        return value[0], value[1]
    if not isinstance(value, str):
        raise ValueError(f"a line holds {str(value)[:60]!r}")
    return value


def _checked_keys(keys: Any, path: Path) -> Keys:
    if keys.dtype != np.uint8 or keys.ndim != 2 or keys.shape[1] != KEY_BYTES:
        raise DataError(f"{path}: holds {keys.dtype} of shape {keys.shape}, not keys of {KEY_BYTES} bytes")
    return np.asarray(keys)


def write_parquet(path: Path, leaving: KeyedRows, store: Store) -> None:
    """Write Parquet, one row group a block."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    dtype = stored_dtype(store.identity.storage)
    fields = [
        ("key", pa.binary(KEY_BYTES)),
        ("vector", pa.list_(pa.from_numpy_dtype(dtype), leaving.rows.shape[1])),
    ]
    if leaving.texts is not None:
        fields += [("text", pa.string()), ("pair", pa.string())]
    schema = pa.schema(fields, metadata={FINGERPRINT: store.identity.fingerprint})
    with replacing(path) as temporary, pq.ParquetWriter(temporary, schema) as writer:
        for start in range(0, len(leaving.rows), BLOCK):
            part = slice(start, start + BLOCK)
            vectors = np.asarray(leaving.rows[part], dtype=dtype)
            columns = [
                pa.FixedSizeBinaryArray.from_buffers(
                    pa.binary(KEY_BYTES), len(vectors), [None, pa.py_buffer(leaving.keys[part].tobytes())]
                ),
                pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1]),
            ]
            if leaving.texts is not None:
                columns += text_columns(path, leaving.texts[part])
            writer.write_table(pa.Table.from_arrays(columns, schema=schema))


def read_parquet(path: Path, named: Keys | None, store: Store) -> KeyedRows:
    """Read Parquet with a column ``vector`` and one of ``text`` or ``key``."""
    rehearse(_parquet_content, path)
    origin, vectors, columns = _parquet_content(path)
    _require_origin(path, origin, store)
    own = _column_keys(path, columns)
    lack = "has no column 'text' or 'key' beside 'vector'; one of them is needed"
    return KeyedRows(_agreed_keys(path, own, named, lack), vectors)


def read_row_texts(path: Path, rows: int) -> list[Text] | None:
    """Read the texts that a file of vectors tells.

    :param path: ``.npy``, Parquet or ``.h5``.
    :param rows: The vectors in it, ``n``.
    :return: A text for each vector; None where the file tells none.
    :raises DataError: If they cannot be read.
    :raises ShapeError: If their number is another one.
    """
    texts: list[Text] | None = None
    beside = sidecars(path)[1]
    if path.suffix == PARQUET:
        rehearse(_parquet_texts, path)
        texts = _parquet_texts(path)
    elif path.suffix == NPY and beside.exists():
        texts = _read_texts(beside)
    if texts is not None and len(texts) != rows:
        raise ShapeError(f"{path}: holds {rows:,} rows for {len(texts):,} texts; each text needs one")
    return texts


def _parquet_texts(path: Path) -> list[Text] | None:
    import pyarrow.parquet as pq

    return _joined(_parquet_columns(path, ("text", "pair"), pq.read_metadata(path).num_rows))


def _joined(columns: Mapping[str, list[Any]]) -> list[Text] | None:
    """Put texts and second texts of pairs together; None where there are none."""
    if "text" not in columns:
        return None
    firsts = columns["text"]
    seconds = columns.get("pair", [None] * len(firsts))
    return [one if two is None else (one, two) for one, two in zip(firsts, seconds, strict=True)]


def _column_keys(path: Path, columns: Mapping[str, list[Any]]) -> Keys | None:
    """Key rows by their texts, else take the keys; None where there is neither."""
    texts = _joined(columns)
    if texts is not None:
        return row_keys(texts)
    if "key" not in columns:
        return None
    if any(len(key) != KEY_BYTES for key in columns["key"]):
        raise DataError(f"{path}: its column 'key' holds keys that are not of {KEY_BYTES} bytes")
    return np.frombuffer(b"".join(columns["key"]), np.uint8).reshape(-1, KEY_BYTES)


def _parquet_content(path: Path) -> tuple[Origin, NDArray[Any], dict[str, list[Any]]]:
    """Read where the vectors come from, themselves, and what tells whose they are."""
    vectors = read_parquet_vectors(path)
    require_numbers(path, vectors)
    return parquet_origin(path), vectors, _parquet_columns(path, _COLUMNS, len(vectors))


def _parquet_columns(path: Path, wanted: Iterable[str], rows: int) -> dict[str, list[Any]]:
    """Read those of the columns that are there."""
    import pyarrow.parquet as pq

    names = pq.read_schema(path).names
    return {name: _parquet_column(path, name, rows) for name in wanted if name in names}


def _parquet_column(path: Path, name: str, rows: int) -> list[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        values: list[Any] = pq.read_table(path, columns=[name])[name].to_pylist()
    except (pa.ArrowException, OSError, KeyError, ValueError) as error:
        raise DataError(f"{path}: its column {name!r} cannot be read: {error}") from error
    if len(values) != rows:
        raise DataError(f"{path}: its column {name!r} holds {len(values):,} values for {rows:,} vectors")
    for value in values:
        if not isinstance(value, _COLUMNS[name]):
            raise DataError(f"{path}: its column {name!r} holds {value!r}, which is no {name}")
    return values


def write_h5(path: Path, leaving: KeyedRows, store: Store) -> None:
    """Write one shard of any size."""
    order = key_order(leaving.keys)
    rows = leaving.rows if leaving.texts is None else np.asarray(leaving.rows)[order]
    with replacing(path) as temporary:
        dtype = stored_dtype(store.identity.storage)
        write_shard_file(temporary, leaving.keys[order], rows, dtype, store.identity.fingerprint)


def read_h5(path: Path, named: Keys | None, store: Store) -> KeyedRows:
    """Map a shard that :func:`write_h5` wrote."""
    rehearse(_open_export, path)
    header = read_header(path)
    _require_origin(path, Origin(header["fingerprint"]), store)
    shard = open_shard(
        path, store.identity.fingerprint, header["width"], store.identity.storage, "export it again"
    )
    count = len(shard)
    rows = StoredRows([shard], np.zeros(count, np.int32), np.arange(count), header["width"])
    if named is not None:
        named = named[key_order(named)]  # as the rows are
    return KeyedRows(_agreed_keys(path, np.asarray(shard.keys), named), rows)


def _open_export(path: Path) -> Shard:
    """Open a shard as one of the store that it says it belongs to."""
    header = read_header(path)
    storage = {"<f2": "float16"}.get(str(header["dtype"]), "float32")
    return open_shard(path, header["fingerprint"], header["width"], storage, "export it again")


def _require_origin(path: Path, origin: Origin, store: Store) -> None:
    if origin.aligner:
        raise IdentityError(
            f"{path}: holds vectors that went through the aligner {origin.aligner}, the store is of "
            f"{store.identity} itself; import vectors that no aligner moved"
        )
    if origin.fingerprint not in ("", store.identity.fingerprint):
        raise IdentityError(
            f"{path}: holds vectors of the encoder identity {origin.fingerprint}, the store is of "
            f"{store.identity}; name the encoder that they came from with --encoder"
        )

"""Vectors out of and into a store: ``.npy`` with texts beside it, Parquet, and a single ``.h5``.

A store knows keys, not texts. An export of given texts carries them along; an export of everything
carries keys, which is enough to import it elsewhere.

- ``.npy`` ``(n, D)``, and beside it ``<name>.texts.jsonl`` (one JSON string, or list of two, a line) or
  ``<name>.keys.npy`` ``(n, 16)``
- ``.parquet`` columns ``key``, ``vector`` and, with texts, ``text`` (and ``pair``)
- ``.h5`` one shard in the store's own layout
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from langalign.errors import DataError, ShapeError
from langalign.store import formats
from langalign.store.compact import MERGE_EVERY, merge_small
from langalign.store.formats import BLOCK, KeyedRows
from langalign.store.key import KEY_BYTES, key_order, row_keys
from langalign.store.shard import require_finite, stored_dtype
from langalign.store.store import Store, StoredRows, locate
from langalign.store.vector_file import H5, NPY, PARQUET, require_ending
from langalign.types import Keys, Text

Writer = Callable[[Path, KeyedRows, Store], None]
Reader = Callable[[Path, Keys | None, Store], KeyedRows]

FORMATS: dict[str, tuple[Writer, Reader]] = {
    NPY: (formats.write_npy, formats.read_npy),
    PARQUET: (formats.write_parquet, formats.read_parquet),
    H5: (formats.write_h5, formats.read_h5),
}


def export_rows(store: Store, path: Path, texts: Sequence[Text] | None = None) -> int:
    """Write rows of a store to one file.

    :param store: The store.
    :param path: Ends in ``.npy``, ``.parquet`` or ``.h5``.
    :param texts: Texts to export, each once; without them every row of the store goes out by key.
    :return: Rows written.
    :raises StoreError: If a text is not stored, or the file cannot be written.
    :raises DataError: If the file's ending is none of the three, or there is nothing to export.
    """
    require_ending(path)
    write, _ = FORMATS[path.suffix]
    if texts is None:
        shards = store.shards
        stored = [shard.keys for shard in shards]
        keys = np.concatenate([np.empty((0, KEY_BYTES), np.uint8), *stored])
        keys = keys[key_order(keys)]
        leaving = KeyedRows(keys, StoredRows(shards, *locate(shards, keys), store.width or 0))
    else:
        texts = list(dict.fromkeys(texts))
        leaving = KeyedRows(row_keys(texts), store.rows(texts), texts)
    if len(leaving.rows) == 0:
        raise DataError(f"{store.folder}: has no rows to export; run 'langalign embed' first")
    write(path, leaving, store)
    return len(leaving.rows)


def import_rows(
    store: Store, path: Path, texts: Sequence[Text] | None = None, *, width: int | None = None
) -> int:
    """Take rows of a file into a store; those it has already are left alone.

    :param store: The store; an ``.h5`` or Parquet file of another encoder identity is refused.
    :param path: Ends in ``.npy``, ``.parquet`` or ``.h5``.
    :param texts: Texts of a file that does not tell them itself. Length: ``n``.
    :param width: ``D`` of the encoder, where it is known; that of a store with rows is.
    :return: Rows that are new.
    :raises DataError: If the file cannot be read, or tells other texts itself.
    :raises ShapeError: If its texts do not match its rows, or its width is not ``D``.
    :raises IdentityError: If the file says that its vectors are of another encoder.
    :raises DamageError: If vectors are not finite.
    :raises StoreError: If they cannot be stored.
    """
    require_ending(path)
    _, read = FORMATS[path.suffix]
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    arriving = read(path, None if texts is None else row_keys(texts), store)
    _require_width(path, arriving.rows.shape[1], store, store.width or width)
    if len(arriving.keys) != len(arriving.rows):
        raise ShapeError(
            f"{path}: holds {len(arriving.rows):,} rows for {len(arriving.keys):,} texts; each text needs one"
        )
    first = key_order(arriving.keys)
    fresh = np.sort(first[~store.has(arriving.keys[first])])
    storage = store.identity.storage
    for number, start in enumerate(range(0, len(fresh), BLOCK), start=1):
        part = fresh[start : start + BLOCK]
        with np.errstate(over="ignore"):  # what overflows is refused as infinite
            rows = np.asarray(arriving.rows[part], dtype=np.float32).astype(stored_dtype(storage), copy=False)
        require_finite(rows, f"{path} as {storage}", part)
        store.append(arriving.keys[part], rows)
        if number % MERGE_EVERY == 0:
            merge_small(store)
    if len(fresh):
        merge_small(store)
    return len(fresh)


def _require_width(path: Path, width: int, store: Store, expected: int | None) -> None:
    if expected not in (None, width):
        raise ShapeError(
            f"{path}: holds vectors of width {width}, but the store {store.folder} takes those of "
            f"{store.identity}, of width {expected}; name the encoder that they came from with --encoder"
        )

"""Reads parquet, batch by batch, and of it only what can be text.

Its pages may be packed a hundred thousand times, so a file is rehearsed before it is read.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from langalign.corpora._records import flatten, open_table
from langalign.corpora._stream import PACKED, opened, too_much
from langalign.corpora.base import Row, Table
from langalign.errors import DataError
from langalign.rehearsal import most_unpacked, rehearse

_BATCH_ROWS = 1024
_CELL_BYTES = 8
"""What a cell counts for beside its bytes, as none is free."""


def read_parquet(path: Path) -> Table:
    """Read a parquet file; a row's line is its number.

    :param path: The file.
    :return: The table.
    :raises DataError: If it is not a parquet file, a damaged one, or unpacks beyond belief.
    """
    rehearse(_skim, path)
    return open_table(str(path), _rows(path))


def arrow_rows(batches: Iterable[Any]) -> Iterator[Row]:
    """Turn Arrow batches into rows, numbered from 1.

    :param batches: Record batches or tables of Arrow.
    :yield: Each row.
    """
    number = 0
    for batch in batches:
        for record in batch.to_pylist():
            number += 1
            yield Row(number, flatten(record))


def _rows(path: Path) -> Iterator[Row]:
    return arrow_rows(_batches(path))


def _skim(path: Path) -> None:
    """Read a file and keep nothing."""
    for _ in _rows(path):
        pass


def _batches(path: Path) -> Iterator[pa.RecordBatch]:
    limit, unpacked = most_unpacked(path), 0
    with _seekable(path) as stream:
        try:
            file = pq.ParquetFile(stream, pre_buffer=False)
            columns = [name for field in file.schema_arrow for name in _text_columns(field)]
            for batch in file.iter_batches(_BATCH_ROWS, columns=columns, use_threads=False):
                unpacked += batch.nbytes + _CELL_BYTES * batch.num_rows * (1 + batch.num_columns)
                if unpacked > limit:
                    raise too_much(path)
                yield batch
        except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
            message = str(error).splitlines()[0]
            raise DataError(f"{path} is damaged, or not a parquet file: {message}") from error


def _text_columns(field: pa.Field, prefix: str = "") -> Iterator[str]:
    """Name what :func:`flatten` makes cells of: neither lists nor bytes."""
    if pa.types.is_struct(field.type):
        for inner in field.type:
            yield from _text_columns(inner, f"{prefix}{field.name}.")
    elif not (pa.types.is_nested(field.type) or "binary" in str(field.type)):
        yield prefix + field.name


@contextmanager
def _seekable(path: Path) -> Iterator[IO[bytes]]:
    """Open the file; parquet is read from its end, so a packed one is unpacked to disk first."""
    with opened(path) as stream:
        if path.suffix.lower() not in PACKED:
            yield stream
            return
        with tempfile.TemporaryFile() as unpacked:
            shutil.copyfileobj(stream, unpacked)
            unpacked.seek(0)
            yield unpacked

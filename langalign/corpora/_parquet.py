"""Reads parquet, batch by batch."""

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
from langalign.corpora._stream import PACKED, opened
from langalign.corpora.base import Row, Table
from langalign.errors import DataError

_BATCH_ROWS = 4096


def read_parquet(path: Path) -> Table:
    """Read a parquet file; a row's line is its number.

    :param path: The file.
    :return: The table.
    :raises DataError: If it is not a parquet file, or a damaged one.
    """
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
    with _seekable(path) as stream:
        try:
            yield from arrow_rows(pq.ParquetFile(stream).iter_batches(_BATCH_ROWS))
        except (pa.ArrowException, UnicodeDecodeError, OSError) as error:
            message = str(error).splitlines()[0]
            raise DataError(f"{path} is damaged, or not a parquet file: {message}") from error


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

"""Makes tables of records: the objects of JSON, the rows of parquet and of the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from langalign.corpora.base import Row, Table
from langalign.errors import DataError

_PEEKED = 100
_DEEPEST = 8


def flatten(record: Mapping[str, Any], prefix: str = "", depth: int = 1) -> dict[str, str]:
    """Turn a record into cells.

    :param record: Values by name. One that holds values of its own (``{"translation": {"en": …}}``)
        gives a cell for each (``translation.en``), eight levels down; lists and bytes, which are no text,
        give none.
    :param prefix: What the names start with.
    :param depth: Level of these values; without a limit, names grow with its square.
    :return: Cells by column; a missing value is empty.
    """
    cells: dict[str, str] = {}
    for name, value in record.items():
        if isinstance(value, Mapping):
            if depth < _DEEPEST:
                cells.update(flatten(value, f"{prefix}{name}.", depth + 1))
        elif isinstance(value, bool):
            cells[prefix + name] = "true" if value else "false"
        elif value is None:
            cells[prefix + name] = ""
        elif not isinstance(value, list | bytes):
            cells[prefix + name] = str(value)
    return cells


def open_table(path: str, rows: Iterator[Row]) -> Table:
    """Make a table of rows that each name their own columns.

    :param path: The file, as messages name it.
    :param rows: The rows.
    :return: A table with the columns of the first hundred rows.
    :raises DataError: If there are no rows, or the first hundred are all bad.
    """
    head = list(islice(rows, _PEEKED))
    columns = tuple(dict.fromkeys(name for row in head for name in row.cells))
    if not head:
        raise DataError(f"{path} holds no rows")
    if not columns:
        problem = head[0].problem or "no text"
        raise DataError(f"{path}, line {head[0].line}: {problem}; nor do the rows after it hold any text")
    return Table(path, columns, chain(head, rows))

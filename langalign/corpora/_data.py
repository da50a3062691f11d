"""Reads the DATA grammar: a file, a registered dataset, or one of the Hugging Face hub."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from langalign import registry
from langalign.corpora.base import ReadOptions, Roles, Row, Table
from langalign.corpora.files import read_table
from langalign.corpora.hub import PREFIX, read_hub
from langalign.errors import DataError, SpecError
from langalign.paths import user_path

_DATASET = re.compile(
    r"(?P<name>[^:./]+):(?P<split>[^:./]+)(\.(?P<language>[^:./]+))?(?P<sentences>/sentences)?"
)


def open_data(data: str, options: ReadOptions) -> Table:
    """Open what DATA names; a file of that name wins.

    :param data: A file, ``NAME:SPLIT[.LANG][/sentences]``, or ``hf:owner/name[:config]:split``. The
        ending ``/sentences`` gives each row's two texts one after the other, as single texts.
    :param options: How to read it; header and quoting are for files.
    :return: The table.
    :raises DataError: If there is no such file, or it cannot be read.
    :raises SpecError: If DATA does not parse.
    """
    path = user_path(data)
    if data and _exists(path):
        if path.is_dir():
            raise DataError(f"{data} is a folder; give a file")
        return read_table(path, header=options.header, quoting=options.quoting)
    if data.startswith(PREFIX):
        return read_hub(data)
    if _looks_like_a_file(data):
        raise DataError(f"no such file: {data}")
    return _open_dataset(data, options)


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # such as a name that is too long to be one
        return False


def _looks_like_a_file(data: str) -> bool:
    name, colon, _ = data.partition(":")
    return "/" in name or "." in name or not (colon or name in registry.names("datasets"))


def _open_dataset(data: str, options: ReadOptions) -> Table:
    found = _DATASET.fullmatch(data)
    if not found:
        raise SpecError(f"{data!r} does not parse; a registered dataset is NAME:SPLIT[.LANG][/sentences]")
    dataset = registry.get("datasets", found["name"])()
    folder = options.data_dir or os.environ.get("LANGALIGN_DATA")
    table: Table = dataset.load(found["split"], found["language"], user_path(folder) if folder else None)
    return _sentences(data, table) if found["sentences"] else table


def _sentences(data: str, table: Table) -> Table:
    """Split sentence pairs; nothing is dropped, so that the languages of a dataset stay aligned."""
    if len(table.roles.text) != 2:
        raise SpecError(f"{data}: /sentences is for sentence pairs, but this dataset holds single texts")
    return replace(table, columns=("text",), rows=_split(table), roles=Roles(("text",)))


def _split(table: Table) -> Iterator[Row]:
    for row in table.rows:
        for column in table.roles.text:
            yield row._replace(cells={"text": row.cells[column]} if column in row.cells else {})

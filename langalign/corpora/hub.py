"""Reads datasets of the Hugging Face hub, through the ``datasets`` library."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from langalign.corpora._records import open_table
from langalign.corpora._roles import guess
from langalign.corpora.base import Row, Table
from langalign.errors import DataError, MissingExtraError, ServiceError, SpecError, one_line

PREFIX = "hf:"
_BATCH_ROWS = 4096
_NAME = re.compile(
    r"hf:(?P<name>[^:]+)(:(?P<config>[^:\[\]]+))?:(?P<split>[^:\[\]]+(\[[^\]]*\])?)"  # train[:100] is a split
)


def read_hub(data: str) -> Table:
    """Read a split of a dataset; it is downloaded once and kept by the library.

    :param data: ``hf:owner/name[:config]:split``; the split may be a slice, ``train[:100]``.
    :return: The table; labels stored as numbers are named as the dataset names them, missing ones empty.
    :raises SpecError: If DATA does not parse.
    :raises MissingExtraError: If the library is not installed.
    :raises ServiceError: If the hub cannot be reached, or knows no such dataset.
    :raises DataError: If the dataset has no such configuration or split, or cannot be read.
    """
    found = _NAME.fullmatch(data)
    if not found:
        raise SpecError(f"{data!r} does not parse; write hf:owner/name:split or hf:owner/name:config:split")
    try:
        from datasets import load_dataset
    except ImportError as error:
        raise MissingExtraError(data, "datasets", "datasets") from error
    try:
        dataset = load_dataset(found["name"], found["config"], split=found["split"])
    except OSError as error:
        raise ServiceError(f"{data} cannot be loaded: {one_line(error)}") from error
    except (ValueError, RuntimeError) as error:
        raise DataError(f"{data} cannot be loaded: {one_line(error)}") from error
    table = open_table(data, _rows(dataset))
    return replace(table, roles=guess(table.columns))


def _rows(dataset: Any) -> Iterator[Row]:
    from langalign.corpora._parquet import arrow_rows

    classes = {name: kind.names for name, kind in dataset.features.items() if hasattr(kind, "names")}
    for row in arrow_rows(dataset.with_format("arrow").iter(_BATCH_ROWS)):
        named = {name: _class_name(row.cells[name], names) for name, names in classes.items()}
        yield row._replace(cells={**row.cells, **named})


def _class_name(number: str, names: list[str]) -> str:
    return names[int(number)] if number.isdigit() else ""

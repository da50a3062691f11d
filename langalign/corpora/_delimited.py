"""Reads tsv, csv and plain text: three forms of one reader, told apart by what they take for granted.

Plain text is a table of one column, its delimiter being a character that no text can hold.
"""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from langalign.corpora._stream import LONGEST_LINE, lines
from langalign.corpora.base import Row, Table
from langalign.errors import DataError

# Lone surrogates: UTF-8 cannot spell them, so no decoded text holds one of its own.
_NEVER = "\udc00"
_LONE_CR = "\udc0d"


@dataclass(frozen=True)
class Form:
    """What a form of table takes for granted.

    :param delimiter: What stands between two fields.
    :param header: Whether the first row names the columns.
    :param quoting: Whether quotes frame fields, as in RFC 4180.
    """

    delimiter: str
    header: bool
    quoting: bool


FORMS = {
    "tsv": Form("\t", header=True, quoting=False),
    "csv": Form(",", header=True, quoting=True),
    "text": Form(_NEVER, header=False, quoting=False),
}


class _Record(NamedTuple):
    line: int
    fields: list[str]
    problem: str


def read_delimited(path: Path, form: Form, *, spare: bool = False) -> Table:
    """Read a table whose rows are lines of delimited fields.

    :param path: The file.
    :param form: Its delimiter, header and quoting.
    :param spare: Whether a row may hold more fields than the first one; they are dropped.
    :return: The table; a row that is short of fields, or has too many, is bad.
    :raises DataError: If the file is empty, or its header cannot be used.
    """
    records = _quoted(path, form.delimiter) if form.quoting else _plain(path, form.delimiter)
    first = next(records, None)
    if first is None:
        raise DataError(f"{path} is empty")
    columns = _header(path, first) if form.header else tuple(map(str, range(1, len(first.fields) + 1)))
    return Table(str(path), columns, _rows(None if form.header else first, records, columns, spare))


def _header(path: Path, first: _Record) -> tuple[str, ...]:
    twice = [name for name, count in Counter(first.fields).items() if count > 1]
    problem = first.problem or (f"the header names {min(twice)!r} twice" if twice else "")
    if problem:
        raise DataError(f"{path}, line 1: {problem}; --no-header numbers the columns instead")
    return tuple(first.fields)


def _rows(
    first: _Record | None, records: Iterator[_Record], columns: tuple[str, ...], spare: bool
) -> Iterator[Row]:
    if first is not None:
        yield Row(first.line, dict(zip(columns, first.fields, strict=True)), first.problem)
    width = len(columns)
    for line, fields, problem in records:
        if not problem and len(fields) != width and not (spare and len(fields) > width):
            problem = f"{len(fields)} fields where the first row has {width}"
        yield Row(line, {} if problem else dict(zip(columns, fields, strict=False)), problem)


def _plain(path: Path, delimiter: str) -> Iterator[_Record]:
    for number, text, problem in lines(path):
        body = text.removesuffix("\n").removesuffix("\r") if text.endswith("\n") else text
        yield _Record(number, body.split(delimiter), problem)


def _quoted(path: Path, delimiter: str) -> Iterator[_Record]:
    """Read records in which quotes frame fields; such a field may run over several lines."""
    problems: list[str] = []

    def feed() -> Iterator[str]:
        for _, text, problem in lines(path):
            if problem:
                problems.append(problem)
            yield _hide_lone_cr(text)

    # The limit is csv's only one and global; its default of 128 KiB refuses honest fields.
    csv.field_size_limit(max(csv.field_size_limit(), LONGEST_LINE))
    reader = csv.reader(feed(), delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        problems.clear()
        try:
            fields = [field.replace(_LONE_CR, "\r") for field in next(reader)]
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error) or "limit" in str(error):
                problem = "a quote opens a field and none closes it; --no-quoting takes it as text"
                raise DataError(f"{path}, line {line}: {problem}") from error
            problems.append(f"not valid CSV: {error}")
            fields = []
        yield _Record(line, fields or [""], problems[0] if problems else "")


def _hide_lone_cr(text: str) -> str:
    """Spare a CR that ends no line from csv, which would take it for a line's end."""
    if "\r" not in text:
        return text
    end = "\r\n" if text.endswith("\r\n") else ""
    return text.removesuffix(end).replace("\r", _LONE_CR) + end

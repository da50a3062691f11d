"""Reads JSON lines, and files that are one JSON array, of objects or of bare texts."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from langalign.corpora._records import flatten, open_table
from langalign.corpora._stream import lines, opened
from langalign.corpora.base import Row, Table
from langalign.errors import DataError

BARE = ("text", "pair")
"""Columns of texts that stand without a name, as in the list of texts beside an exported ``.npy`` file."""

_SPACE = re.compile(r"[ \t\n\r]*")


def read_json_lines(path: Path) -> Table:
    """Read a file in which each line is a JSON object, a text, or a list of the two texts of a pair.

    :param path: The file.
    :return: The table, bare texts in the columns ``text`` and ``pair``; a line that is nothing of these is a
        bad row.
    """
    return open_table(str(path), (_row(*line) for line in lines(path)))


def read_json(path: Path) -> Table:
    """Read an array of objects or texts, or JSON lines where the file holds those under the name ``.json``.

    :param path: The file. An array is read whole, which takes a few times its size in memory.
    :return: The table.
    """
    with opened(path) as stream:
        start = stream.peek(1).removeprefix(b"\xef\xbb\xbf").lstrip()
        if not start.startswith(b"["):
            return read_json_lines(path)
        raw = stream.read()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(f"{path}, line {line}: byte 0x{raw[error.start]:02x} is not UTF-8") from error
    return open_table(str(path), _array(path, text))


def _row(number: int, text: str, problem: str) -> Row:
    if problem:
        return Row(number, {}, problem)
    try:
        return _record(number, json.loads(text))
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", error)  # without json's own line number, which is 1 in every line
        return Row(number, {}, f"not a JSON object: {reason}" if text.strip() else "a blank line")


def _record(number: int, value: Any) -> Row:
    if isinstance(value, dict):
        return Row(number, flatten(value))
    bare = value if isinstance(value, list) else [value]
    if 1 <= len(bare) <= len(BARE) and all(isinstance(text, str) for text in bare):
        return Row(number, dict(zip(BARE, bare, strict=False)))
    return Row(number, {}, f"not a JSON object: {json.dumps(value)[:40]}")


def _array(path: Path, text: str) -> Iterator[Row]:
    """Decode an array element by element, so that each one's line is known."""
    decoder = json.JSONDecoder()
    position, line, counted = _skip(text, text.index("[") + 1), 1, 0
    more = text[position : position + 1] != "]"
    while more:
        line, counted = line + text.count("\n", counted, position), position
        try:
            value, position = decoder.raw_decode(text, position)
            row = _record(line, value)
        except (ValueError, RecursionError) as error:
            raise DataError(f"{path}, line {line}: not valid JSON: {error}") from error
        yield row
        position = _skip(text, position)
        more = text[position : position + 1] == ","
        if more:
            position = _skip(text, position + 1)
        elif text[position : position + 1] != "]":
            raise DataError(f"{path}, line {line}: not valid JSON: no comma or bracket after this object")
    end = _skip(text, position + 1)
    if end < len(text):
        line += text.count("\n", counted, end)
        raise DataError(f"{path}, line {line}: not valid JSON: there is more after the array's end")


def _skip(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position

"""Reads translation memories (TMX 1.4b), unit by unit: the languages are the columns."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import ParseError, XMLParser

from langalign.corpora._records import open_table
from langalign.corpora._stream import opened
from langalign.corpora.base import Row, Table
from langalign.errors import DataError

_CHUNK = 1 << 16
_LANGUAGE = "{http://www.w3.org/XML/1998/namespace}lang"
# Elements of a segment that hold the layout codes of the tool it came from, not text.
_CODES = frozenset(("bpt", "ept", "it", "ph", "ut"))


def read_tmx(path: Path) -> Table:
    """Read a translation memory.

    :param path: The file. Its encoding is the one that its XML declaration names.
    :return: A table with a column for each language, named by its code as the file writes it; a row's
        line is where its unit starts.
    :raises DataError: If it is not well-formed, or declares entities.
    """
    return open_table(str(path), _rows(path))


def _rows(path: Path) -> Iterator[Row]:
    units = _Units()
    # A DTD that is named is never fetched; entities, which could blow up, are refused.
    parser = units.parser = XMLParser(target=units, forbid_dtd=False, forbid_entities=True)
    with opened(path) as stream:
        try:
            while chunk := stream.read(_CHUNK):
                parser.feed(chunk)
                yield from units.drain()
            parser.close()
        except ParseError as error:
            raise DataError(f"{path} is not well-formed TMX: {error}") from error
        except DefusedXmlException as error:
            raise DataError(f"{path} declares XML entities, which are refused") from error
        except (LookupError, ValueError) as error:
            raise DataError(
                f"{path} is in an encoding that cannot be read: {error}; save it as UTF-8"
            ) from error


class _Units:
    """Hears of tags and text while the file is parsed, and keeps the finished units only."""

    parser: Any

    def __init__(self) -> None:
        self._done: deque[Row] = deque()
        self._cells: dict[str, str] = {}
        self._line = 0
        self._language = ""
        self._segment: list[str] | None = None
        self._codes = 0

    def drain(self) -> Iterator[Row]:
        while self._done:
            yield self._done.popleft()

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition("}")[2]
        if tag == "tu":
            self._cells, self._line = {}, self.parser.parser.CurrentLineNumber
        elif tag == "tuv":
            self._language = attributes.get(_LANGUAGE) or attributes.get("lang", "")
        elif tag == "seg":
            self._segment, self._codes = [], 0
        elif tag in _CODES:
            self._codes += 1

    def data(self, text: str) -> None:
        if self._segment is not None and not self._codes:
            self._segment.append(text)

    def end(self, tag: str) -> None:
        tag = tag.rpartition("}")[2]
        if tag == "tu":
            self._done.append(Row(self._line, self._cells))
        elif tag == "seg":
            self._cells.setdefault(self._language, "".join(self._segment or ()))
            self._segment = None
        elif tag in _CODES:
            self._codes -= 1

    def close(self) -> None:
        """Be done; the parser asks for this."""

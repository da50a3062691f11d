"""Reads one file of texts, by its ending. What no ending claims is plain text, one text a line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from langalign.corpora._delimited import FORMS, Form, read_delimited
from langalign.corpora._json import read_json, read_json_lines
from langalign.corpora._roles import guess
from langalign.corpora._stream import PACKED
from langalign.corpora.base import Table

ENDINGS = {
    ".tsv": "tsv",
    ".csv": "csv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".tmx": "tmx",
}


def read_table(
    path: Path,
    *,
    form: str | None = None,
    header: bool | None = None,
    quoting: bool | None = None,
    spare: bool = False,
) -> Table:
    """Read a file, packed with gzip or xz or not.

    :param path: The file.
    :param form: A value of :data:`ENDINGS`, or ``text``; told by the ending if not given.
    :param header: Whether the first row names the columns; tsv and csv say yes, plain text no.
    :param quoting: Whether quotes frame fields as in RFC 4180; csv says yes, tsv and plain text no.
    :param spare: Whether rows of tsv and csv may hold more fields than the first.
    :return: The table, its roles guessed from the names of its columns.
    :raises DataError: If the file cannot be read, is damaged, or holds nothing.
    """
    form = form or ENDINGS.get(ending(path), "text")
    if form in FORMS:
        table = read_delimited(path, _adapted(form, header, quoting), spare=spare)
    else:
        table = _read_records(path, form)
    return replace(table, roles=guess(table.columns))


def ending(path: Path) -> str:
    """Tell the ending that counts, in lower case: ``.tsv`` for ``a.TSV.gz``.

    :param path: The file.
    :return: The ending, empty if there is none.
    """
    name = path.with_suffix("") if path.suffix.lower() in PACKED else path
    return name.suffix.lower()


def _adapted(form: str, header: bool | None, quoting: bool | None) -> Form:
    usual = FORMS[form]
    return replace(
        usual,
        header=usual.header if header is None else header,
        quoting=usual.quoting if quoting is None else quoting,
    )


def _read_records(path: Path, form: str) -> Table:
    if form == "jsonl":
        return read_json_lines(path)
    if form == "json":
        return read_json(path)
    if form == "parquet":
        from langalign.corpora._parquet import read_parquet

        return read_parquet(path)
    from langalign.corpora._tmx import read_tmx

    return read_tmx(path)

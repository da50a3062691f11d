"""What is odd in tsv, csv and plain text."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from langalign.corpora._delimited import FORMS, read_delimited
from langalign.corpora.base import Row
from langalign.errors import DataError


def rows_of(tmp_path: Path, form: str, raw: bytes, **options) -> list[Row]:
    path = tmp_path / "file"
    path.write_bytes(raw)
    return list(read_delimited(path, FORMS[form], **options).rows)


def test_too_few_and_too_many_fields_are_bad(tmp_path: Path):
    rows = rows_of(tmp_path, "tsv", b"x\ty\na\tb\na\na\tb\tc\n\n")
    assert [row.problem for row in rows] == [
        "",
        "1 fields where the first row has 2",
        "3 fields where the first row has 2",
        "1 fields where the first row has 2",
    ]
    assert [row.line for row in rows] == [2, 3, 4, 5]


def test_spare_fields_are_dropped_where_they_are_expected(tmp_path: Path):
    rows = rows_of(tmp_path, "tsv", b"x\ty\na\tb\tc\na\n", spare=True)
    assert rows[0] == Row(2, {"x": "a", "y": "b"})
    assert rows[1].problem


def test_a_quoted_field_runs_over_lines_and_the_row_is_where_it_starts(tmp_path: Path):
    rows = rows_of(tmp_path, "csv", b'x,y\n"a\n\r\nb",c\nd,e\n')
    assert rows == [Row(2, {"x": "a\n\r\nb", "y": "c"}), Row(5, {"x": "d", "y": "e"})]


def test_a_quote_inside_a_bare_field_is_text(tmp_path: Path):
    assert rows_of(tmp_path, "csv", b'x\n5" pipe\n') == [Row(2, {"x": '5" pipe'})]


def test_text_after_a_closing_quote_is_a_bad_row_and_the_next_is_read(tmp_path: Path):
    rows = rows_of(tmp_path, "csv", b'x,y\n"a"b,c\nd,e\n')
    assert rows[0].line == 2
    assert rows[0].problem.startswith("not valid CSV")
    assert rows[1] == Row(3, {"x": "d", "y": "e"})


def test_broken_encoding_in_a_quoted_field_is_a_bad_row(tmp_path: Path):
    rows = rows_of(tmp_path, "csv", b'x\n"a\n\xff"\nb\n')
    assert rows == [Row(2, {}, "byte 1 (0xff) is not UTF-8"), Row(4, {"x": "b"})]


def test_a_quote_that_is_never_closed_is_refused_whole(tmp_path: Path):
    with pytest.raises(DataError, match=r"line 3: a quote opens a field .*--no-quoting"):
        rows_of(tmp_path, "csv", b'x\na\n"b\nc\n')


def test_a_huge_field_is_fine(tmp_path: Path):
    huge = "x" * 300_000
    assert rows_of(tmp_path, "csv", f'x\n"{huge}\n{huge}"\n'.encode()) == [Row(2, {"x": f"{huge}\n{huge}"})]
    assert csv.field_size_limit() >= 600_000


def test_a_header_that_names_a_column_twice_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match=r"names 'x' twice; --no-header"):
        rows_of(tmp_path, "tsv", b"x\tx\na\tb\n")


def test_a_header_that_is_not_utf8_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="line 1: byte 1"):
        rows_of(tmp_path, "tsv", b"\xff\ty\na\tb\n")


def test_a_first_row_that_is_not_utf8_is_a_bad_row(tmp_path: Path):
    rows = rows_of(tmp_path, "text", b"\xff\nfine\n")
    assert [row.problem for row in rows] == ["byte 1 (0xff) is not UTF-8", ""]


def test_plain_text_is_one_column_whatever_it_holds(tmp_path: Path):
    rows = rows_of(tmp_path, "text", b'a\tb,"c\n\nd\r')
    assert [row.cells["1"] for row in rows] == ['a\tb,"c', "", "d\r"]


def test_a_header_of_many_names_is_checked_at_once(tmp_path: Path):
    names = [*map(str, range(200_000)), "7"]
    (tmp_path / "a.tsv").write_text("\t".join(names))
    with pytest.raises(DataError, match="the header names '7' twice"):
        read_delimited(tmp_path / "a.tsv", FORMS["tsv"])

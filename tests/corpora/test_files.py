"""Every form of file: what is written is what is read."""

from __future__ import annotations

import csv
import gzip
import io
import json
import lzma
from collections.abc import Callable
from pathlib import Path
from xml.sax.saxutils import escape

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langalign.corpora.base import Roles
from langalign.corpora.files import ending, read_table
from langalign.errors import DataError

AWKWARD = [
    "tab\there",
    'a "quote"',
    "a\u2028b\x85c",
    "😀",
    "\ufeffmark",
    "a,b",
    "  spaces  ",
    "lone\rCR",
    "\x00",
]
Cells = dict[str, list[str]]


def texts(without: str) -> st.SearchStrategy[list[str]]:
    """Any texts that UTF-8 can spell, but for the characters that a form cannot hold."""
    letters = st.characters(codec="utf-8", exclude_characters=without)
    kept = [text for text in AWKWARD if not set(without) & set(text)]
    return st.lists(st.one_of(st.text(letters), st.sampled_from(kept)), min_size=1, max_size=8)


def columns_of(strategy: st.SearchStrategy[list[str]]) -> st.SearchStrategy[Cells]:
    """Two columns of the same length."""
    return strategy.map(lambda texts: {"first": texts, "second": texts[::-1]})


def cells_of(path: Path, **options) -> Cells:
    table = read_table(path, **options)
    rows = list(table.rows)
    assert [row.problem for row in rows] == [""] * len(rows)
    return {name: [row.cells[name] for row in rows] for name in table.columns}


def packed(path: Path, raw: bytes) -> Path:
    pack: Callable[[bytes], bytes] = {".gz": gzip.compress, ".xz": lzma.compress}.get(path.suffix, bytes)
    path.write_bytes(pack(raw))
    return path


def rows_of(cells: Cells) -> list[tuple[str, ...]]:
    return list(zip(*cells.values(), strict=True))


PACKINGS = pytest.mark.parametrize("packing", ["", ".gz", ".xz"])
reused_folder = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@PACKINGS
@reused_folder
@given(cells=columns_of(texts("\t\n\r")), end=st.sampled_from(["\n", "\r\n"]), last=st.booleans())
def test_tsv_comes_back(tmp_path: Path, packing: str, cells: Cells, end: str, last: bool):
    body = end.join("\t".join(fields) for fields in [tuple(cells), *rows_of(cells)])
    path = packed(tmp_path / f"a.tsv{packing}", (body + end * last).encode())
    assert cells_of(path) == cells


@PACKINGS
@reused_folder
@given(cells=columns_of(texts("\x00")), end=st.sampled_from(["\n", "\r\n"]), mark=st.booleans())
def test_csv_comes_back(tmp_path: Path, packing: str, cells: Cells, end: str, mark: bool):
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerows([tuple(cells), *rows_of(cells)])
    path = packed(tmp_path / f"a.csv{packing}", ("\ufeff" * mark + text.getvalue()).encode())
    assert cells_of(path) == cells


@reused_folder
@given(cells=columns_of(texts('",\n\x00')))
def test_unquoted_csv_comes_back(tmp_path: Path, cells: Cells):
    body = "".join(",".join(fields) + "\r\n" for fields in [tuple(cells), *rows_of(cells)])
    assert cells_of(packed(tmp_path / "a.csv", body.encode())) == cells


@PACKINGS
@reused_folder
@given(lines=texts("\n\r"), last=st.booleans())
def test_plain_text_comes_back(tmp_path: Path, packing: str, lines: list[str], last: bool):
    # A first line that starts with a byte-order mark is one without, by decision.
    body = "\n".join(["first", *lines, "last"]) + "\n" * last
    path = packed(tmp_path / f"corpus.en{packing}", body.encode())
    assert cells_of(path) == {"1": ["first", *lines, "last"]}


@PACKINGS
@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.json"])
@pytest.mark.parametrize("ascii_only", [True, False])
@reused_folder
@given(cells=columns_of(texts("")))
def test_json_lines_come_back(tmp_path: Path, packing: str, name: str, ascii_only: bool, cells: Cells):
    records = [dict(zip(cells, fields, strict=True)) for fields in rows_of(cells)]
    body = "".join(json.dumps(record, ensure_ascii=ascii_only) + "\n" for record in records)
    assert cells_of(packed(tmp_path / (name + packing), body.encode())) == cells


@PACKINGS
@pytest.mark.parametrize("indent", [None, 2])
@reused_folder
@given(cells=columns_of(texts("")))
def test_a_json_array_comes_back(tmp_path: Path, packing: str, indent: int | None, cells: Cells):
    records = [dict(zip(cells, fields, strict=True)) for fields in rows_of(cells)]
    body = json.dumps(records, ensure_ascii=False, indent=indent)
    assert cells_of(packed(tmp_path / f"a.json{packing}", body.encode())) == cells


@PACKINGS
@settings(reused_folder, max_examples=10)  # each starts a process, in which the file is tried first
@given(cells=columns_of(texts("")))
def test_parquet_comes_back(tmp_path: Path, packing: str, cells: Cells):
    raw = io.BytesIO()
    pq.write_table(pa.table(cells), raw)
    assert cells_of(packed(tmp_path / f"a.parquet{packing}", raw.getvalue())) == cells


@PACKINGS
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@reused_folder
@given(texts=texts("").map(lambda texts: [t for t in texts if xml_can_hold(t)]).filter(bool))
def test_tmx_comes_back(tmp_path: Path, packing: str, encoding: str, texts: list[str]):
    cells = {"en": texts, "ko-KR": texts[::-1]}
    units = "".join(
        "<tu>" + "".join(f'<tuv xml:lang="{c}"><seg>{escape(t)}</seg></tuv>' for c, t in unit) + "</tu>\n"
        for unit in [list(zip(cells, row, strict=True)) for row in rows_of(cells)]
    )
    body = f'<?xml version="1.0" encoding="{encoding}"?><tmx version="1.4"><body>{units}</body></tmx>'
    assert cells_of(packed(tmp_path / f"a.tmx{packing}", body.encode(encoding))) == cells


def xml_can_hold(text: str) -> bool:
    return all(letter in "\t\n" or "\x20" <= letter not in "\ufffe\uffff" for letter in text)


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.TSV.GZ", ".tsv"), ("a.json", ".json"), ("corpus.en.xz", ".en"), ("plain", ""), ("a.gz", "")],
)
def test_the_ending_that_counts_is_the_one_before_the_packing(name: str, expected: str):
    assert ending(Path(name)) == expected


def test_a_header_can_be_denied_and_columns_are_numbered_then(tmp_path: Path):
    path = packed(tmp_path / "a.tsv", b"a\tb\nc\td\n")
    assert cells_of(path, header=False) == {"1": ["a", "c"], "2": ["b", "d"]}


def test_a_header_can_be_claimed_for_plain_text(tmp_path: Path):
    path = packed(tmp_path / "a.txt", b"title\nhere\n")
    assert cells_of(path, header=True) == {"title": ["here"]}


def test_quoting_can_be_claimed_for_tsv_and_denied_for_csv(tmp_path: Path):
    tsv = packed(tmp_path / "a.tsv", b'x\ty\n"a\tb"\tc\n')
    assert cells_of(tsv, quoting=True) == {"x": ["a\tb"], "y": ["c"]}
    plain = packed(tmp_path / "a.csv", b'x,y\n"a,b"\n')
    assert cells_of(plain, quoting=False) == {"x": ['"a'], "y": ['b"']}


def test_the_form_can_be_told_where_the_ending_misleads(tmp_path: Path):
    path = packed(tmp_path / "ratings.txt", b"id\tdocument\n1\thello\n")
    assert cells_of(path, form="tsv") == {"id": ["1"], "document": ["hello"]}


def test_roles_are_guessed_from_the_names(tmp_path: Path):
    path = packed(tmp_path / "a.tsv", b"label\ttext\n1\ta\n")
    assert read_table(path).roles == Roles(text=("text",), label="label")


@pytest.mark.parametrize(
    "name", ["a.tsv", "a.csv", "a.txt", "a.jsonl", "a.json", "a.parquet", "a.tmx", "a.tsv.gz"]
)
def test_an_empty_file_is_refused(tmp_path: Path, name: str):
    path = tmp_path / name
    path.write_bytes(b"")
    with pytest.raises(DataError, match=r"is empty|holds no rows|damaged|not well-formed"):
        read_table(path)

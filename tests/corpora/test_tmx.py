"""What is odd in translation memories."""

from __future__ import annotations

from pathlib import Path

import pytest

from langalign.corpora._tmx import read_tmx
from langalign.errors import DataError

HEAD = '<?xml version="1.0"?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4"><header/><body>\n'
TAIL = "</body></tmx>"


def write(tmp_path: Path, text: str) -> Path:
    (tmp_path / "a.tmx").write_text(text, encoding="utf-8")
    return tmp_path / "a.tmx"


def test_layout_codes_are_no_text_but_highlights_are(tmp_path: Path):
    segment = (
        'Press <bpt i="1">&lt;b></bpt>the <hi>red</hi> key<ept i="1">&lt;/b></ept> now<ph x="1">{1}</ph>.'
    )
    unit = f'<tu><note>no text</note><tuv xml:lang="en"><seg>{segment}</seg></tuv></tu>'
    (row,) = read_tmx(write(tmp_path, HEAD + unit + TAIL)).rows
    assert row.cells == {"en": "Press the red key now."}


def test_rows_know_where_their_unit_starts(tmp_path: Path):
    unit = '<tu>\n<tuv xml:lang="en"><seg>a</seg></tuv>\n</tu>\n'
    rows = list(read_tmx(write(tmp_path, HEAD + unit * 1500 + TAIL)).rows)
    assert [row.line for row in rows] == list(range(4, 4 + 3 * 1500, 3))


def test_languages_of_later_units_are_columns_too(tmp_path: Path):
    units = [f'<tu><tuv lang="{code}"><seg>a</seg></tuv></tu>' for code in ("en", "ko", "en")]
    table = read_tmx(write(tmp_path, HEAD + "".join(units) + TAIL))
    assert table.columns == ("en", "ko")
    assert [list(row.cells) for row in table.rows] == [["en"], ["ko"], ["en"]]


def test_the_first_of_two_translations_counts(tmp_path: Path):
    pair = '<tuv xml:lang="en"><seg>a</seg></tuv><tuv xml:lang="en"><seg>b</seg></tuv>'
    (row,) = read_tmx(write(tmp_path, f"{HEAD}<tu>{pair}</tu>{TAIL}")).rows
    assert row.cells == {"en": "a"}


def test_namespaces_are_looked_through(tmp_path: Path):
    body = '<tmx xmlns="urn:x"><body><tu><tuv xml:lang="en"><seg>a</seg></tuv></tu></body></tmx>'
    (row,) = read_tmx(write(tmp_path, body)).rows
    assert row.cells == {"en": "a"}


@pytest.mark.parametrize(
    "entity", ['<!ENTITY lol "lol">', '<!ENTITY lol SYSTEM "file:///etc/passwd">', '<!ENTITY % lol "x">']
)
def test_entities_are_refused(tmp_path: Path, entity: str):
    text = (
        f'<!DOCTYPE tmx [{entity}]><tmx><body><tu><tuv xml:lang="en"><seg>&lol;</seg></tuv></tu></body></tmx>'
    )
    with pytest.raises(DataError, match="declares XML entities"):
        read_tmx(write(tmp_path, text))


@pytest.mark.parametrize("text", ["", "<tmx><body>", HEAD + "<tu></tmx>", "plain text"])
def test_what_is_not_well_formed_is_one_clear_line(tmp_path: Path, text: str):
    with pytest.raises(DataError, match="is not well-formed TMX"):
        read_tmx(write(tmp_path, text))


@pytest.mark.parametrize("encoding", ["none-such", "euc-kr"])
def test_an_encoding_that_cannot_be_read_is_one_clear_line(tmp_path: Path, encoding: str):
    with pytest.raises(DataError, match="in an encoding that cannot be read"):
        read_tmx(write(tmp_path, f'<?xml version="1.0" encoding="{encoding}"?><tmx></tmx>'))


def test_a_memory_without_units_holds_no_rows(tmp_path: Path):
    with pytest.raises(DataError, match="holds no rows"):
        read_tmx(write(tmp_path, HEAD + TAIL))

"""What is odd in JSON."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from langalign.corpora._json import read_json, read_json_lines
from langalign.errors import DataError


def write(tmp_path: Path, raw: bytes | str) -> Path:
    path = tmp_path / "a.json"
    path.write_bytes(raw if isinstance(raw, bytes) else raw.encode())
    return path


def test_a_line_that_is_no_record_is_a_bad_row(tmp_path: Path):
    lines = [
        '{"x": "a"}',
        '{"x": ',
        "[1]",
        '["a", "b", "c"]',
        "",
        '{"x": "' + "9" * 5000 + '"}',
        "9" * 5000,
        "\xff",
    ]
    rows = list(read_json_lines(write(tmp_path, "\n".join(lines).encode("latin-1"))).rows)
    assert [bool(row.problem) for row in rows] == [False, True, True, True, True, False, True, True]
    assert rows[2].problem == "not a JSON object: [1]"
    assert rows[4].problem == "a blank line"
    assert rows[7].problem == "byte 1 (0xff) is not UTF-8"


@pytest.mark.parametrize("body", ['"a"\n["b", "c"]\n', '["a", ["b", "c"]]'], ids=["lines", "array"])
def test_texts_and_pairs_may_stand_without_a_name(tmp_path: Path, body: str):
    table = read_json(write(tmp_path, body))
    assert [row.cells for row in table.rows] == [{"text": "a"}, {"text": "b", "pair": "c"}]


def test_nesting_beyond_reason_is_a_bad_row(tmp_path: Path):
    deep = "[" * 100_000 + "]" * 100_000
    rows = list(read_json_lines(write(tmp_path, f'{{"x": "a"}}\n{deep}\n')).rows)
    assert [bool(row.problem) for row in rows] == [False, True]


def test_values_become_cells(tmp_path: Path):
    record = {
        "s": "t",
        "i": 1,
        "f": 4.0,
        "b": True,
        "n": None,
        "l": [1],
        "translation": {"en": "a", "ko": "b"},
    }
    table = read_json_lines(write(tmp_path, json.dumps(record)))
    cells = {
        "s": "t",
        "i": "1",
        "f": "4.0",
        "b": "true",
        "n": "",
        "translation.en": "a",
        "translation.ko": "b",
    }
    assert [row.cells for row in table.rows] == [cells]
    assert table.columns == tuple(cells)


def test_a_column_that_the_first_row_lacks_is_found(tmp_path: Path):
    table = read_json_lines(write(tmp_path, '{"text": "a"}\n{"text": "b", "label": 1}\n'))
    assert table.columns == ("text", "label")
    assert [len(row.cells) for row in table.rows] == [1, 2]


def test_rows_of_an_array_know_their_lines(tmp_path: Path):
    table = read_json(write(tmp_path, '\ufeff[\n {"x": "a"},\n\n {"x":\n "b"}, 5\n]\n'))
    assert [(row.line, bool(row.problem)) for row in table.rows] == [(2, False), (4, False), (5, True)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[{"x": "a"},\n{"x": ]', "line 2: not valid JSON"),
        ('[{"x": "a"}\n{"x": "b"}]', "line 1: not valid JSON: no comma"),
        ('[{"x": "a"}', "not valid JSON: no comma"),
        ("[]", "holds no rows"),
        ('[{"x": "a"}]\n[{"x": "b"}]', "line 2: not valid JSON: there is more after the array's end"),
        ('[{"x": "a"},\n]', "line 2: not valid JSON"),
        (" \n", "line 1: a blank line"),
        (b'[{"x": "a"},\n{"x": "\xff"}]', "line 2: byte 0xff is not UTF-8"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_clear_line(tmp_path: Path, text: str | bytes, message: str):
    with pytest.raises(DataError, match=message):
        list(read_json(write(tmp_path, text)).rows)


def test_cells_come_from_eight_levels_and_no_deeper(tmp_path: Path):
    record: dict = {"x": "9"}
    for level in range(8, 0, -1):
        record = {"x": str(level), "k": record}
    (tmp_path / "a.jsonl").write_text(json.dumps(record))
    (row,) = read_json_lines(tmp_path / "a.jsonl").rows
    assert row.cells == {"k." * level + "x": str(level + 1) for level in range(8)}

"""Texts, labels, pairs, and what becomes of bad rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from langalign.corpora import PairedCorpus, ReadOptions, read_pairs, read_texts
from langalign.errors import BadRowError, DataError, SpecError

SKIP = ReadOptions(skip_bad=True)


def write(folder: Path, name: str, text: str | bytes) -> str:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return str(path)


def test_texts_and_labels_are_read_as_they_stand(tmp_path: Path):
    data = write(tmp_path, "a.tsv", "id\ttext\tlabel\n1\t Ｆｕｌｌ “Width” \t Pos\n2\tB\tneg\n")
    corpus = read_texts(data)
    assert corpus.texts == [" Ｆｕｌｌ “Width” ", "B"]
    assert corpus.labels == [" Pos", "neg"]
    assert (corpus.name, corpus.skipped, len(corpus)) == (data, 0, 2)


def test_sentence_pairs_are_tuples(tmp_path: Path):
    data = write(tmp_path, "a.tsv", "sentence1\tsentence2\tgold_label\na\tb\tneutral\n")
    corpus = read_texts(data, ReadOptions(text_column="sentence1", pair_column="sentence2"))
    assert corpus.texts == [("a", "b")]
    assert corpus.labels == ["neutral"]


def test_columns_are_chosen_by_number(tmp_path: Path):
    data = write(tmp_path, "a.csv", "p,a\nn,b\n")
    corpus = read_texts(data, ReadOptions(header=False, text_column="2", label_column="1"))
    assert (corpus.texts, corpus.labels) == (["a", "b"], ["p", "n"])


def test_labels_are_read_where_there_are_any_unless_told_otherwise(tmp_path: Path):
    labelled = write(tmp_path, "a.tsv", "text\tlabel\na\t\n")
    with pytest.raises(BadRowError, match="line 2: column 'label' is empty"):
        read_texts(labelled)
    assert read_texts(labelled, ReadOptions(labels=False)).labels is None
    bare = write(tmp_path, "b.txt", "a\n")
    assert read_texts(bare).labels is None
    with pytest.raises(DataError, match="no column is plainly the label; choose with --label-column from: 1"):
        read_texts(bare, ReadOptions(labels=True))
    with pytest.raises(DataError, match=r"no column 'kind' \(--label-column\)"):
        read_texts(labelled, ReadOptions(label_column="kind"))


BAD_ROWS = {
    "a.tsv": (b"text\tlabel\na\tx\n\tx\nb\nc\tx\n", 3, "column 'text' is empty"),
    "a.csv": (b'text,label\n"a\nb",x\n"  ",x\nb,\nc,x\n', 4, "column 'text' is empty"),
    "a.jsonl": (b'{"text": "a"}\n{"txt": "b"}\n{"text": "\\ud800"}\n{"text": "c"}\n', 2, "'text' is missing"),
    "a.json": (b'[{"text": "a"},\n{"text": null},\n7,\n{"text": "c"}]', 2, "column 'text' is empty"),
    "a.txt": (b"a\n\n\xff\nc\n", 2, "column '1' is empty"),
}


@pytest.mark.parametrize("name", BAD_ROWS)
def test_a_bad_row_is_refused_with_file_and_line(tmp_path: Path, name: str):
    raw, line, problem = BAD_ROWS[name]
    data = write(tmp_path, name, raw)
    with pytest.raises(BadRowError, match=problem) as caught:
        read_texts(data)
    assert (caught.value.path, caught.value.line) == (data, line)


@pytest.mark.parametrize("name", BAD_ROWS)
def test_bad_rows_are_skipped_and_counted_on_request(tmp_path: Path, name: str):
    corpus = read_texts(write(tmp_path, name, BAD_ROWS[name][0]), SKIP)
    assert corpus.skipped == 2
    assert [str(text).rstrip("\nb") for text in corpus.texts] == ["a", "c"]


def test_half_a_surrogate_pair_is_a_bad_row(tmp_path: Path):
    data = write(tmp_path, "a.jsonl", json.dumps({"text": "\ud800"}))
    with pytest.raises(BadRowError, match="line 1: column 'text' holds half a surrogate pair, which is no"):
        read_texts(data)


def test_a_whole_surrogate_pair_is_a_character(tmp_path: Path):
    assert read_texts(write(tmp_path, "a.jsonl", '{"text": "\\ud83d\\ude00"}')).texts == ["😀"]


def test_no_rows_and_no_good_rows_are_refused(tmp_path: Path):
    with pytest.raises(DataError, match="holds no rows"):
        read_texts(write(tmp_path, "a.tsv", "text\n"))
    with pytest.raises(DataError, match="all 2 rows are bad"):
        read_texts(write(tmp_path, "b.txt", "\n \n"), SKIP)


def test_two_files_are_paired_line_by_line(tmp_path: Path):
    english, korean = write(tmp_path, "c.en", "a\nb\n"), write(tmp_path, "c.ko", "가\r\n나")
    corpus = read_pairs(english, korean)
    assert corpus == PairedCorpus(f"{english} {korean}", ["a", "b"], ["가", "나"], 0)
    assert len(corpus) == 2


def test_uneven_files_tell_both_counts(tmp_path: Path):
    short, long = write(tmp_path, "c.en", "a\n" * 1001), write(tmp_path, "c.ko", "b\n" * 1004)
    for data, target, counts in ((short, long, "1,001 .*1,004"), (long, short, "1,004 .*1,001")):
        with pytest.raises(DataError, match=f"has {counts}; pairs must match row by row") as caught:
            read_pairs(data, target, SKIP)
        assert short in str(caught.value)
        assert long in str(caught.value)


def test_a_blank_line_is_a_bad_row_of_its_own_file(tmp_path: Path):
    english, korean = write(tmp_path, "c.en", "a\nb\n"), write(tmp_path, "c.ko", "가\n\n")
    with pytest.raises(BadRowError) as caught:
        read_pairs(english, korean)
    assert (caught.value.path, caught.value.line) == (korean, 2)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pairs=st.lists(st.tuples(*[st.sampled_from(["", "\u3000", "one", "둘", "\udcff"])] * 2), min_size=1))
def test_a_bad_side_takes_its_pair_along(tmp_path: Path, pairs: list[tuple[str, str]]):
    sides = ["".join(f"{side}\n" for side in column) for column in zip(*pairs, strict=True)]
    english, korean = (
        write(tmp_path, name, side.encode(errors="surrogateescape"))
        for name, side in zip(("c.en", "c.ko"), sides, strict=True)
    )
    good = [pair for pair in pairs if all(side in ("one", "둘") for side in pair)]
    if not good:
        with pytest.raises(DataError, match=f"all {len(pairs)} rows are bad"):
            read_pairs(english, korean, SKIP)
        return
    corpus = read_pairs(english, korean, SKIP)
    assert list(zip(corpus.source, corpus.target, strict=True)) == good
    assert corpus.skipped == len(pairs) - len(good)


def test_one_table_gives_both_sides(tmp_path: Path):
    table = write(tmp_path, "a.tsv", "id\tsource\ttarget\n1\ta\t가\n")
    assert read_pairs(table) == PairedCorpus(table, ["a"], ["가"])
    chosen = read_pairs(table, options=ReadOptions(source_column="target", target_column="2"))
    assert (chosen.source, chosen.target) == (["가"], ["a"])


def test_the_columns_of_two_tables_are_chosen_apart(tmp_path: Path):
    one = write(tmp_path, "a.tsv", "id\ten\n1\ta\n")
    other = write(tmp_path, "b.jsonl", '{"ko": "가", "id": 1}\n')
    corpus = read_pairs(one, other, ReadOptions(source_column="en", target_column="ko"))
    assert (corpus.source, corpus.target) == (["a"], ["가"])


def test_each_side_can_be_a_sentence_pair(tmp_path: Path):
    table = write(tmp_path, "a.csv", "p,h,p2,h2\na,b,가,나\n,b,가,나\n")
    options = ReadOptions(source_column="p", source_pair_column="h", skip_bad=True)
    with pytest.raises(DataError, match="target side"):
        read_pairs(table, options=options)
    with pytest.raises(SpecError, match=r"source reads p \+ h but target p2; both must be"):
        read_pairs(table, options=ReadOptions(source_column="p", source_pair_column="h", target_column="p2"))
    both = ReadOptions(
        source_column="p", source_pair_column="h", target_column="p2", target_pair_column="h2", skip_bad=True
    )
    assert read_pairs(table, options=both) == PairedCorpus(table, [("a", "b")], [("가", "나")], 1)


def test_one_column_cannot_be_both_sides(tmp_path: Path):
    table = write(tmp_path, "a.tsv", "en\tko\na\tb\n")
    with pytest.raises(SpecError, match="source and target are both ko"):
        read_pairs(table, options=ReadOptions(source_column="ko"))


def test_pairs_that_nothing_tells_apart_list_the_columns(tmp_path: Path):
    table = write(tmp_path, "a.tsv", "id\ten\tko\n1\ta\tb\n")
    with pytest.raises(DataError, match="choose with --source-column from: id, en, ko"):
        read_pairs(table)

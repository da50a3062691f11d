from __future__ import annotations

from pathlib import Path

import pytest

from langalign.corpora import ReadOptions, read_pairs, read_texts
from langalign.errors import DataError
from langalign.translation import check_ending, write_pairs

SOURCE = ["one", 'with "quotes"', " spaces ", "back\\slash", "line\u2028separator", "emoji 😀"]
TARGET = ["하나", "“둘”", "셋", "넷\\n", "다섯\x0b", "여섯 😀"]


@pytest.mark.parametrize("ending", ["tsv", "jsonl"])
def test_pairs_read_back_to_the_letter(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"pairs.{ending}"
    write_pairs(path, {"source": SOURCE, "target": TARGET})
    pairs = read_pairs(str(path))
    assert (pairs.source, pairs.target) == (SOURCE, TARGET)


def test_json_lines_hold_tabs_and_line_breaks(tmp_path: Path) -> None:
    texts = ["a\tb", "a\nb", "a\r\nb", "a\r", "\ufeffa"]
    write_pairs(tmp_path / "pairs.jsonl", {"source": texts, "target": texts[::-1]})
    pairs = read_pairs(str(tmp_path / "pairs.jsonl"))
    assert (pairs.source, pairs.target) == (texts, texts[::-1])


@pytest.mark.parametrize("text", ["a\tb", "a\nb", "a\r"])
def test_tsv_refuses_what_it_cannot_hold_and_leaves_the_old_file(tmp_path: Path, text: str) -> None:
    path = tmp_path / "pairs.tsv"
    write_pairs(path, {"source": ["old"], "target": ["alt"]})
    with pytest.raises(DataError, match=r"holds a tab or a line break.* write to pairs\.jsonl"):
        write_pairs(path, {"source": ["new"], "target": [text]})
    assert path.read_text() == "source\ttarget\nold\talt\n"
    assert [one.name for one in tmp_path.iterdir()] == ["pairs.tsv"]


def test_labels_and_sentence_pairs_read_back(tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    texts = {"source": ["a"], "source_pair": ["b"], "target": ["가"], "target_pair": ["나"]}
    write_pairs(path, {**texts, "label": ["yes"]})
    options = ReadOptions(source_pair_column="source_pair", target_pair_column="target_pair")
    pairs = read_pairs(str(path), options=options)
    assert (pairs.source, pairs.target) == ([("a", "b")], [("가", "나")])
    labelled = read_texts(str(path), ReadOptions(text_column="target", pair_column="target_pair"))
    assert (labelled.texts, labelled.labels) == ([("가", "나")], ["yes"])


def test_other_endings_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"name a file that ends in \.tsv or \.jsonl"):
        check_ending(tmp_path / "pairs.csv")
    (tmp_path / "folder.tsv").mkdir()
    with pytest.raises(DataError, match="is a folder"):
        check_ending(tmp_path / "folder.tsv")

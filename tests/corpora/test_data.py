"""What DATA may say."""

from __future__ import annotations

import os
import threading
from pathlib import Path

import pytest

from langalign.corpora import ReadOptions, read_pairs, read_texts
from langalign.errors import DataError, SpecError, UnknownPartError


def test_a_file_wins_over_a_dataset_of_that_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("sample-sentiment:train").write_text("mine\n")
    assert read_texts("sample-sentiment:train").texts == ["mine"]


@pytest.mark.parametrize(
    "data", ["none.tsv", "a/b", "./none", "folder.x/none:train", "none.tsv:train", "typo", ""]
)
def test_a_file_that_is_not_there_is_named(data: str):
    with pytest.raises(DataError) as caught:
        read_texts(data)
    assert str(caught.value) == f"no such file: {data}"


def test_a_name_too_long_for_a_file_is_no_file():
    with pytest.raises(DataError, match="no such file"):
        read_texts("x" * 5000)


def test_a_folder_is_refused(tmp_path: Path):
    with pytest.raises(DataError, match="is a folder; give a file"):
        read_texts(str(tmp_path))


def test_a_pipe_can_be_read(tmp_path: Path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=("a\nb\n",))
    writer.start()
    assert read_texts(str(pipe)).texts == ["a", "b"]
    writer.join()


def test_an_unknown_dataset_lists_those_there_are():
    with pytest.raises(UnknownPartError, match=r"unknown dataset 'nmsc'; choose one of: .*nsmc.*sst2"):
        read_texts("nmsc:test")


def test_an_unknown_split_and_language_list_those_there_are():
    with pytest.raises(UnknownPartError, match="split of sample-nli 'dev'; choose one of: test, train"):
        read_texts("sample-nli:dev")
    with pytest.raises(
        UnknownPartError, match="language of sample-nli:train 'fr'; choose one of: en, ja, ko, zh"
    ):
        read_texts("sample-nli:train.fr")


@pytest.mark.parametrize("data", ["nsmc", "nsmc:", "nsmc:a.b.c", "nsmc:test/words", "nsmc:a:b"])
def test_a_dataset_that_does_not_parse_shows_the_grammar(data: str):
    with pytest.raises(SpecError, match=r"does not parse; .*NAME:SPLIT\[\.LANG\]\[/sentences\]"):
        read_texts(data)


def test_the_sentences_of_a_dataset_are_read_one_by_one():
    pairs = read_texts("sample-nli:test.en").texts
    singles = read_texts("sample-nli:test.en/sentences")
    assert singles.texts == [sentence for pair in pairs for sentence in pair]
    assert singles.labels is None
    aligned = read_pairs("sample-nli:test.en/sentences", "sample-nli:test.ko/sentences")
    assert aligned.source == singles.texts
    assert len(aligned.target) == 2 * len(pairs)


def test_single_texts_have_no_sentences():
    with pytest.raises(SpecError, match="/sentences is for sentence pairs"):
        read_texts("sample-sentiment:train.en/sentences")


NSMC = "id\tdocument\tlabel\n1\t좋아요\t1\n2\t별로\t0\n"


def test_the_data_folder_comes_from_the_option_or_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    for folder, text in (("option", NSMC), ("environment", NSMC.replace("좋아요", "최고"))):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "ratings_test.txt").write_text(text, encoding="utf-8")
    monkeypatch.setenv("LANGALIGN_DATA", str(tmp_path / "environment"))
    assert read_texts("nsmc:test").texts == ["최고", "별로"]
    corpus = read_texts("nsmc:test", ReadOptions(data_dir=tmp_path / "option"))
    assert (corpus.texts, corpus.labels) == (["좋아요", "별로"], ["positive", "negative"])


def test_broken_sentences_stay_in_their_places(tmp_path: Path):
    (tmp_path / "xnli.dev.ko.tsv").write_text(
        "sentence1\tsentence2\tgold_label\na\tb\tneutral\nc\nd\te\tneutral\n", encoding="utf-8"
    )
    options = ReadOptions(data_dir=tmp_path, skip_bad=True)
    corpus = read_texts("kornli:dev/sentences", options)
    assert (corpus.texts, corpus.skipped) == (["a", "b", "d", "e"], 2)

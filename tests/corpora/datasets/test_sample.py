"""The sample that ships with the package."""

from __future__ import annotations

from collections import Counter

import pytest

from langalign.corpora import ReadOptions, read_pairs, read_texts

LANGUAGES = ("en", "ko", "ja", "zh")


@pytest.mark.parametrize(
    ("data", "rows", "labels"),
    [
        ("sample-sentiment:train", 240, {"negative": 120, "positive": 120}),
        ("sample-sentiment:test", 96, {"negative": 48, "positive": 48}),
        ("sample-nli:train", 120, {"entailment": 40, "neutral": 40, "contradiction": 40}),
        ("sample-nli:test", 48, {"entailment": 16, "neutral": 16, "contradiction": 16}),
    ],
)
def test_each_language_has_all_rows_and_balanced_labels(data: str, rows: int, labels: dict[str, int]):
    for language in LANGUAGES:
        corpus = read_texts(f"{data}.{language}")
        assert len({*corpus.texts}) == len(corpus) == rows
        assert Counter(corpus.labels) == labels


@pytest.mark.parametrize("name", ["sample-sentiment", "sample-nli"])
def test_the_splits_are_disjoint(name: str):
    for language in LANGUAGES:
        train, test = (read_texts(f"{name}:{split}.{language}").texts for split in ("train", "test"))
        assert not {*train} & {*test}


def test_english_is_read_where_no_language_is_asked_for():
    assert read_texts("sample-sentiment:test").texts == read_texts("sample-sentiment:test.en").texts
    assert read_texts("sample-nli:test").texts == read_texts("sample-nli:test.en").texts


def test_columns_and_languages_give_the_same_pairs():
    columns = read_pairs("sample-sentiment:test", None, ReadOptions(source_column="en", target_column="ko"))
    languages = read_pairs("sample-sentiment:test.en", "sample-sentiment:test.ko")
    assert columns.source == languages.source
    assert columns.target == languages.target
    assert columns.source != columns.target


def test_pairs_of_sentence_pairs_are_read_by_language_and_by_column():
    languages = read_pairs("sample-nli:test.en", "sample-nli:test.ja")
    options = ReadOptions(
        source_column="premise.en",
        source_pair_column="hypothesis.en",
        target_column="premise.ja",
        target_pair_column="hypothesis.ja",
    )
    columns = read_pairs("sample-nli:test", None, options)
    assert (columns.source, columns.target) == (languages.source, languages.target)
    assert all(isinstance(text, tuple) for text in languages.target)

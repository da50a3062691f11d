"""The publishers' own files: rows and labels counted against what the publishers state."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest

from langalign.corpora import ReadOptions, read_pairs, read_texts

pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        "LANGALIGN_DATA" not in os.environ, reason="LANGALIGN_DATA names no folder of datasets"
    ),
]

LABELLED = [
    ("sst2:train", {"positive": 37_569, "negative": 29_780}),
    ("sst2:dev", {"positive": 444, "negative": 428}),
    ("sst2:test", {"positive": 909, "negative": 912}),
    ("nsmc:train", {"positive": 75_092, "negative": 74_908}),
    ("nsmc:test", {"positive": 24_908, "negative": 25_092}),
    ("snli:dev", {"entailment": 3_329, "contradiction": 3_278, "neutral": 3_235}),
    ("snli:test", {"entailment": 3_368, "contradiction": 3_237, "neutral": 3_219}),
    ("xnli:dev.en", {"entailment": 830, "contradiction": 830, "neutral": 830}),
    ("xnli:test.en", {"entailment": 1_670, "contradiction": 1_670, "neutral": 1_670}),
    ("kornli:dev", {"entailment": 830, "contradiction": 830, "neutral": 830}),
    ("kornli:test", {"entailment": 1_670, "contradiction": 1_670, "neutral": 1_670}),
    ("jnli:dev", {"neutral": 1_350, "contradiction": 735, "entailment": 349}),
    ("jnli:test", {"neutral": 1_365, "contradiction": 776, "entailment": 367}),
    ("ocnli:dev", {"neutral": 1_103, "entailment": 947, "contradiction": 900}),
    ("chnsenticorp:train", {"positive": 4_799, "negative": 4_801}),
    ("chnsenticorp:dev", {"positive": 593, "negative": 607}),
    ("chnsenticorp:test", {"positive": 608, "negative": 592}),
    ("waimai:all", {"positive": 4_000, "negative": 7_987}),
]

COUNTED = [
    ("jsick:train.ja", 4_500),
    ("jsick:dev.ja", 500),
    ("jsick:test.ja", 4_927),
    ("ocnli:test", 3_000),
    ("stsb:train", 5_749),
    ("stsb:dev", 1_500),
    ("stsb:test", 1_379),
    ("korsts:train", 5_749),
    ("korsts:dev", 1_500),
    ("korsts:test", 1_379),
    ("jsts:train", 12_451),
    ("jsts:dev", 1_457),
    ("jsts:test", 1_589),
    ("tatoeba:en-ko", 3_798),
    ("tatoeba:en-zh.zh", 19_577),
    ("small-parallel-enja:train.en", 50_000),
    ("small-parallel-enja:train.ja", 50_000),
    ("small-parallel-enja:test.ja", 500),
]


@pytest.mark.parametrize(("data", "labels"), LABELLED)
def test_labels_are_as_many_as_stated(data: str, labels: dict[str, int]):
    assert Counter(read_texts(data).labels) == labels


@pytest.mark.parametrize(("data", "rows"), COUNTED)
def test_rows_are_as_many_as_stated(data: str, rows: int):
    assert len(read_texts(data)) == rows


@pytest.mark.parametrize(("split", "given"), [("train-10k", 10_000), ("train-3k", 3_000)])
def test_ocnli_leaves_out_only_what_has_no_label(split: str, given: int):
    raw = Path(os.environ["LANGALIGN_DATA"], "ocnli", f"{split.replace('-', '.')}.json").read_text(
        encoding="utf-8"
    )
    assert len(read_texts(f"ocnli:{split}")) == given - raw.count('"label":"-"')


def test_jsick_labels_of_both_languages_are_as_stated():
    for language, stated in (("ja", (6_128, 2_179, 1_620)), ("en", (5_611, 2_857, 1_459))):
        labels = [read_texts(f"jsick:{split}.{language}").labels or [] for split in ("train", "dev", "test")]
        counts = Counter(label for split in labels for label in split)
        assert (counts["neutral"], counts["entailment"], counts["contradiction"]) == stated


def test_the_empty_hotel_review_is_the_only_bad_row():
    corpus = read_texts("chnsenticorp:hotels", ReadOptions(skip_bad=True))
    assert (len(corpus) + corpus.skipped, corpus.skipped) == (7_766, 1)


@pytest.mark.parametrize(
    ("source", "target", "rows"),
    [
        ("xnli:dev", "kornli:dev", 2_490),
        ("xnli:test", "kornli:test", 5_010),
        ("stsb:dev", "korsts:dev", 1_500),
    ],
)
def test_aligned_datasets_are_pairs(source: str, target: str, rows: int):
    corpus = read_pairs(source, target)
    assert len(corpus) == rows
    assert read_texts(source).labels == read_texts(target).labels


def test_the_sentences_of_xnli_and_kornli_make_the_stated_pairs():
    pairs = [read_pairs(f"xnli:{split}/sentences", f"kornli:{split}/sentences") for split in ("dev", "test")]
    distinct = {pair for corpus in pairs for pair in zip(corpus.source, corpus.target, strict=True)}
    assert len(distinct) == 9_999


@pytest.mark.parametrize(
    ("stem", "rows"),
    [
        ("korean-english-park.dev", 1_000),
        ("korean-english-park.test", 2_000),
        ("jhe-koen-dev", 720),
        ("jhe-koen-eval", 720),
    ],
)
def test_line_aligned_files_are_pairs(stem: str, rows: int):
    folder = Path(os.environ["LANGALIGN_DATA"], "koen-parallel-park")
    corpus = read_pairs(str(folder / f"{stem}.en"), str(folder / f"{stem}.ko"), ReadOptions(skip_bad=True))
    assert len(corpus) + corpus.skipped == rows

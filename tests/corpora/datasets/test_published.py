"""Each dataset from a few rows in its publisher's layout."""

from __future__ import annotations

import gzip
import json
import lzma
from dataclasses import dataclass
from pathlib import Path

import pytest

from langalign.corpora import ReadOptions, read_pairs, read_texts
from langalign.errors import BadRowError, DataError
from langalign.types import Text


@dataclass
class Layout:
    """A file as its publisher gives it, and what it must be read as."""

    data: str
    file: str
    body: str
    texts: list[Text]
    labels: list[str] | None = None


def tsv(*rows: str) -> str:
    return "".join(row.replace(" | ", "\t") + "\n" for row in rows)


def json_lines(*records: dict[str, object]) -> str:
    return "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)


SENTIMENT = ["positive", "negative"]
NLI = ["entailment", "contradiction"]
PAIRS: list[Text] = [("a", "b"), ("c", "d")]
NLI_ROWS = [
    {"sentence1": "a", "sentence2": "b", "label": "entailment", "gold_label": "entailment"},
    {"sentence1": "x", "sentence2": "y", "label": "-", "gold_label": "-"},
    {"sentence1": "c", "sentence2": "d", "label": "contradiction", "gold_label": "contradiction"},
]
SNLI_JSON = json_lines(*({**row, "annotator_labels": ["-"]} for row in NLI_ROWS))
NLI_TSV = tsv(
    "gold_label | sentence1 | sentence2", "entailment | a | b", "- | x | y", "contradiction | c | d"
)
GLUE_MNLI = tsv(
    "index | genre | sentence1 | sentence2 | label1 | gold_label",
    "0 | slate | a | b | neutral | entailment",
    "1 | slate | c | d | neutral | contradiction",
)
KORNLI = tsv("sentence1 | sentence2 | gold_label", "a | b | entailment", "c | d | contradiction")
KLUE = [
    {"guid": "0", "premise": "a", "hypothesis": "b", "gold_label": "entailment", "author": "x"},
    {"guid": "1", "premise": "c", "hypothesis": "d", "gold_label": "contradiction", "author": "y"},
]
XNLI = tsv(
    "language | gold_label | sentence1 | sentence2 | pairID",
    *("ar | entailment | e | f | 1", "ar | neutral | g | h | 2"),
    *("en | entailment | a | b | 1", "en | contradiction | c | d | 2"),
)
JSICK = tsv(
    "pair_ID | data | sentence_A_En | sentence_B_En | entailment_label_En | sentence_A_Ja | sentence_B_Ja"
    " | entailment_label_Ja",
    "1 | train | p | q | neutral | r | s | neutral",
    "2 | trial | a | b | entailment | あ | い | neutral",
    "3 | test | a | b | entailment | あ | い | contradiction",
)
DMSC = """ID,Movie_Name_EN,Movie_Name_CN,Crawl_Date,Number,Username,Date,Star,Comment,Like
0,Avengers,复仇者,2017-01-22,1,a,2015-05-13,5,"好,
看",2404
1,Avengers,复仇者,2017-01-22,2,b,2015-05-13,3,还行,1
2,Avengers,复仇者,2017-01-22,3,c,2015-05-13,2,难看,1
"""
NSMC = tsv("id | document | label", '1 | "quoted | 1', "2 | b | 0")
STSB = tsv(
    "main-captions | MSRvid | 2012test | 0001 | 5.000 | a | b",
    "main-news | headlines | 2016 | 0012 | 4 | c | d | from | there",
)
KORSTS = tsv("genre | filename | year | id | score | sentence1 | sentence2", "m | M | 2 | 1 | 5.000 | a | b")

LAYOUTS = [
    Layout(
        "sst2:train", "SST-2/train.tsv", tsv("sentence | label", "a  | 1", "b  | 0"), ["a ", "b "], SENTIMENT
    ),
    Layout("sst2:dev", "sst2/dev.tsv", tsv("label | content", "1 | a", "0 | b"), ["a", "b"], SENTIMENT),
    Layout("sst2:test", "test.tsv", tsv("index | sentence", "0 | a"), ["a"]),
    Layout("nsmc:train", "ratings_train.txt", NSMC, ['"quoted', "b"], SENTIMENT),
    Layout("nsmc:test", "nsmc/nsmc_rebuilt_test.tsv", NSMC, ['"quoted', "b"], SENTIMENT),
    Layout("mnli:train", "multinli_1.0/multinli_1.0_train.jsonl", SNLI_JSON, PAIRS, NLI),
    Layout("mnli:dev-matched", "MNLI/dev_matched.tsv", GLUE_MNLI, PAIRS, NLI),
    Layout("mnli:dev-mismatched", "dev_mismatched.tsv", GLUE_MNLI, PAIRS, NLI),
    Layout("snli:train", "snli_1.0/snli_1.0_train.jsonl", SNLI_JSON, PAIRS, NLI),
    Layout("snli:dev", "snli_1.0_dev.txt", NLI_TSV, PAIRS, NLI),
    Layout("xnli:dev", "XNLI-1.0/xnli.dev.tsv", XNLI, PAIRS, NLI),
    Layout("xnli:dev.ar", "xnli.dev.tsv", XNLI, [("e", "f"), ("g", "h")], ["entailment", "neutral"]),
    Layout("xnli:test.en", "xnli-en/xnli.test.en.tsv", NLI_TSV, PAIRS, NLI),
    Layout("kornli:train-mnli", "KorNLI/multinli.train.ko.tsv", KORNLI, PAIRS, NLI),
    Layout("kornli:train-snli", "snli_1.0_train.ko.tsv", KORNLI, PAIRS, NLI),
    Layout("kornli:dev.ko", "kor-nlu-datasets/KorNLI/xnli.dev.ko.tsv", KORNLI, PAIRS, NLI),
    Layout(
        "klue-nli:train", "klue-nli-v1.1/klue-nli-v1.1_train.json", json.dumps(KLUE, indent=2), PAIRS, NLI
    ),
    Layout("jnli:train", "jnli-v1.1/train-v1.1.json", json_lines(*NLI_ROWS), PAIRS, NLI),
    Layout("jnli:dev", "JGLUE/datasets/jnli-v1.3/valid-v1.3.json", json_lines(*NLI_ROWS), PAIRS, NLI),
    Layout("ocnli:train", "OCNLI/data/ocnli/train.50k.json", json_lines(*NLI_ROWS), PAIRS, NLI),
    Layout(
        "ocnli:test", "test.json", json_lines({"sentence1": "a", "sentence2": "b", "id": 0}), [("a", "b")]
    ),
    Layout("jsick:dev", "jsick/jsick.tsv", JSICK, [("a", "b")], ["entailment"]),
    Layout("jsick:test.ja", "jsick.tsv", JSICK, [("あ", "い")], ["contradiction"]),
    Layout("jsick:test.ja/sentences", "jsick.tsv", JSICK, ["あ", "い"]),
    Layout("douban:all", "douban/DMSC.csv", DMSC, ["好,\n看", "难看"], SENTIMENT),
    Layout("chnsenticorp:dev", "chnsenticorp/dev.tsv", tsv("label | text_a", "1 | a"), ["a"], ["positive"]),
    Layout(
        "chnsenticorp:hotels", "ChnSentiCorp_htl_all.csv", 'label,review\n0,"a,b"\n', ["a,b"], ["negative"]
    ),
    Layout("waimai:all", "waimai_10k.csv", "label,review\n1,a\n0,b\n", ["a", "b"], SENTIMENT),
    Layout("stsb:train", "stsbenchmark/sts-train.csv", STSB, PAIRS, ["5.000", "4"]),
    Layout("korsts:test", "KorSTS/sts-test.tsv", KORSTS, [("a", "b")], ["5.000"]),
    Layout(
        "jsts:dev",
        "jsts-v1.3/valid-v1.3.json",
        json_lines({**NLI_ROWS[0], "label": 4.2}),
        [("a", "b")],
        ["4.2"],
    ),
    Layout("tatoeba:en-ko.ko", "kor.txt", tsv("Go. | 가. | CC-BY 2.0"), ["가."]),
    Layout("tatoeba:en-zh", "tatoeba/cmn.txt", tsv("Hi. | 嗨。", "Hi. | 你好。"), ["Hi.", "Hi."]),
    Layout("small-parallel-enja:dev", "small_parallel_enja/dev.en", "it 's\tso .\n", ["it 's\tso ."]),
    Layout("small-parallel-enja:dev.ja", "dev.ja", "I B M の 株 。\n誰 ?\n", ["I B Mの株。", "誰?"]),
]


def place(folder: Path, file: str, body: str, packing: str = "") -> None:
    path = folder / (file + packing)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes({"": bytes, ".gz": gzip.compress, ".xz": lzma.compress}[packing](body.encode()))


@pytest.mark.parametrize("packing", ["", ".gz", ".xz"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=lambda layout: layout.data)
def test_the_publishers_layout_is_read(tmp_path: Path, layout: Layout, packing: str):
    place(tmp_path, layout.file, layout.body, packing)
    corpus = read_texts(layout.data, ReadOptions(data_dir=tmp_path))
    assert corpus.texts == layout.texts
    assert corpus.labels == layout.labels
    assert corpus.skipped == 0


def test_the_datasets_own_folder_comes_before_the_data_folder(tmp_path: Path):
    place(tmp_path, "train.tsv", tsv("sentence | label", "other | 1"))
    place(tmp_path, "sst2/train.tsv", tsv("sentence | label", "own | 1"))
    assert read_texts("sst2:train", ReadOptions(data_dir=tmp_path)).texts == ["own"]


def test_another_publishers_file_of_that_name_is_refused(tmp_path: Path):
    place(tmp_path, "train.tsv", JSICK)
    with pytest.raises(
        DataError, match=r"is not the published sst2:train: it has no column sentence or content"
    ):
        read_texts("sst2:train", ReadOptions(data_dir=tmp_path))


@pytest.mark.parametrize(
    ("data", "file", "body", "problem"),
    [
        (
            "nsmc:test",
            "ratings_test.txt",
            tsv("id | document | label", "1 | a | 1", "2 | b | 7"),
            "label '7'",
        ),
        (
            "korsts:test",
            "sts-test.tsv",
            KORSTS + tsv("m | M | 2 | 1 | high | a | b"),
            "score 'high' is not a number",
        ),
        ("nsmc:test", "ratings_test.txt", tsv("id | document | label", "1 | a | 1", "2 | b"), "2 fields"),
    ],
)
def test_a_bad_row_is_refused_or_skipped(tmp_path: Path, data: str, file: str, body: str, problem: str):
    place(tmp_path, file, body)
    with pytest.raises(BadRowError, match=f"line 3: {problem}"):
        read_texts(data, ReadOptions(data_dir=tmp_path))
    corpus = read_texts(data, ReadOptions(data_dir=tmp_path, skip_bad=True))
    assert (len(corpus), corpus.skipped) == (1, 1)


def test_the_languages_of_one_row_are_a_pair(tmp_path: Path):
    place(tmp_path, "kor.txt", tsv("Go. | 가. | CC-BY", "Hi. | 안녕. | CC-BY"))
    place(tmp_path, "jsick.tsv", JSICK)
    options = ReadOptions(data_dir=tmp_path)
    tatoeba = read_pairs("tatoeba:en-ko", None, options)
    assert (tatoeba.source, tatoeba.target) == (["Go.", "Hi."], ["가.", "안녕."])
    jsick = read_pairs("jsick:test", None, options)
    assert (jsick.source, jsick.target) == ([("a", "b")], [("あ", "い")])


def test_one_sentence_of_a_pair_can_be_chosen(tmp_path: Path):
    place(tmp_path, "xnli.dev.tsv", XNLI)
    options = ReadOptions(data_dir=tmp_path, text_column="hypothesis")
    assert read_texts("xnli:dev", options).texts == ["b", "d"]
    options = ReadOptions(data_dir=tmp_path, source_column="premise", target_column="premise")
    assert read_pairs("xnli:dev.en", "xnli:dev.ar", options).target == ["e", "g"]


def test_the_hub_is_read_where_there_are_no_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hub")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    place(tmp_path, "stanfordnlp/snli/train.jsonl", json_lines(*KLUE, {**KLUE[0], "gold_label": None}))
    monkeypatch.delenv("LANGALIGN_DATA", raising=False)
    corpus = read_texts("snli:train")
    assert (corpus.texts, corpus.labels, corpus.skipped) == (PAIRS, NLI, 0)
    with pytest.raises(
        DataError, match=r"snli:dev needs .*; the Hugging Face hub did not help: .*validation"
    ):
        read_texts("snli:dev")

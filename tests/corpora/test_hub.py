"""Datasets of the Hugging Face hub: read from a folder in its layout, or not reached at all."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from langalign.corpora import ReadOptions, read_pairs, read_texts
from langalign.errors import DataError, LangalignError, MissingExtraError, ServiceError, SpecError

CARD = """---
configs:
- config_name: reviews
  data_files:
  - {split: train, path: reviews.jsonl}
dataset_info:
- config_name: reviews
  features:
  - {name: text, dtype: string}
  - name: label
    dtype: {class_label: {names: {'0': negative, '1': positive}}}
---
"""


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Stand in a folder in which ``owner/name`` is a dataset, with a cache of its own."""
    datasets = pytest.importorskip("datasets")
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "hub")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "owner/name").mkdir(parents=True)
    return tmp_path / "owner/name"


def test_a_split_is_read(hub: Path):
    (hub / "train.jsonl").write_text(
        '{"translation": {"en": "a", "ko": "가"}}\n{"translation": {"en": "b", "ko": ""}}\n'
    )
    corpus = read_pairs("hf:owner/name:train", None, ReadOptions(skip_bad=True))
    assert (corpus.source, corpus.target, corpus.skipped) == (["a"], ["가"], 1)


def test_a_slice_of_a_split_is_read(hub: Path):
    (hub / "train.jsonl").write_text("".join(f'{{"text": "t{n}"}}\n' for n in range(9)))
    assert read_texts("hf:owner/name:train[3:5]").texts == ["t3", "t4"]


def test_labels_are_named_and_missing_ones_are_bad(hub: Path):
    (hub / "README.md").write_text(CARD)
    rows = [("a", 1), ("b", 0), ("c", -1)]
    (hub / "reviews.jsonl").write_text("".join(f'{{"text": "{t}", "label": {n}}}\n' for t, n in rows))
    corpus = read_texts("hf:owner/name:reviews:train", ReadOptions(skip_bad=True))
    assert (corpus.texts, corpus.labels, corpus.skipped) == (["a", "b"], ["positive", "negative"], 1)


@pytest.mark.parametrize(
    ("data", "error", "message"),
    [
        ("hf:owner/name:none", DataError, "none"),
        ("hf:owner/name:none:train", DataError, "none"),
        ("hf:owner/other:train", ServiceError, "owner/other"),
    ],
)
def test_what_cannot_be_loaded_is_one_clear_line(
    hub: Path, data: str, error: type[LangalignError], message: str
):
    (hub / "train.jsonl").write_text('{"text": "a"}\n')
    with pytest.raises(error, match=f"{data} cannot be loaded: .*{message}") as caught:
        read_texts(data)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("data", ["hf:", "hf:owner/name", "hf:a:b:c:d", "hf:owner/name:"])
def test_what_does_not_parse_shows_the_grammar(data: str):
    with pytest.raises(SpecError, match="write hf:owner/name:split"):
        read_texts(data)


def test_a_missing_library_gives_the_pip_line(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'langalign\[datasets\]'"):
        read_texts("hf:owner/name:train")

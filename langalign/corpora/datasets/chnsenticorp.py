"""ChnSentiCorp: Chinese reviews of hotels, books and laptops."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import SENTIMENT, SENTIMENT_WORDS
from langalign.corpora.datasets.base import Card


class Chnsenticorp(PublishedDataset):
    """Read the three splits in common use, or as ``hotels`` the file of hotel reviews alone.

    Both draw on the same reviews, and even the test split repeats some of the training split. One of the
    hotel reviews is empty; ``--skip-bad`` leaves it out.
    """

    card = Card(
        title="ChnSentiCorp",
        licence="not stated by the publisher; for research",
        citation="Tan, Zhang (2008), An empirical study of sentiment analysis for Chinese documents, Expert "
        "Systems with Applications",
        source="https://github.com/ymcui/Chinese-BERT-wwm/tree/master/data/chnsenticorp and "
        "https://github.com/SophonPlus/ChineseNlpCorpus",
        task="sentiment",
        languages=("zh",),
        splits=("train", "dev", "test", "hotels"),
        labels=SENTIMENT,
    )
    folders = ("chnsenticorp", "zh-sentiment")
    files: ClassVar = {
        "train": ("chnsenticorp_train.tsv", "train.tsv"),
        "dev": ("chnsenticorp_dev.tsv", "dev.tsv"),
        "test": ("chnsenticorp_test.tsv", "test.tsv"),
        "hotels": ("ChnSentiCorp_htl_all.csv",),
    }
    hub: ClassVar = {
        "train": "lansinuote/ChnSentiCorp:train",
        "dev": "lansinuote/ChnSentiCorp:validation",
        "test": "lansinuote/ChnSentiCorp:test",
    }
    columns: ClassVar = {"text": ("text_a", "review", "text"), "label": ("label",)}
    words = SENTIMENT_WORDS

"""Waimai: Chinese reviews of food deliveries."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import SENTIMENT, SENTIMENT_WORDS
from langalign.corpora.datasets.base import Card


class Waimai(PublishedDataset):
    """Read ``waimai_10k.csv``."""

    card = Card(
        title="waimai_10k",
        licence="not stated by the publisher; for research",
        citation="SophonPlus (2018), ChineseNlpCorpus",
        source="https://github.com/SophonPlus/ChineseNlpCorpus",
        task="sentiment",
        languages=("zh",),
        splits=("all",),
        labels=SENTIMENT,
    )
    folders = ("waimai", "waimai_10k", "zh-sentiment")
    files: ClassVar = {"all": ("waimai_10k.csv",)}
    columns: ClassVar = {"text": ("review",), "label": ("label",)}
    words = SENTIMENT_WORDS

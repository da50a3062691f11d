"""Douban: Chinese film reviews with stars."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import SENTIMENT
from langalign.corpora.datasets.base import Card


class Douban(PublishedDataset):
    """Read ``DMSC.csv``: one and two stars are negative, four and five positive, three left out."""

    card = Card(
        title="Douban Movie Short Comments",
        licence="not stated by the publisher; public comments, for research",
        citation="Utmhikari (2018), Douban Movie Short Comments Dataset, Kaggle",
        source="https://www.kaggle.com/datasets/utmhikari/doubanmovieshortcomments",
        task="sentiment",
        languages=("zh",),
        splits=("all",),
        labels=SENTIMENT,
    )
    folders = ("douban", "doubanmovieshortcomments")
    files: ClassVar = {"all": ("DMSC.csv",)}
    columns: ClassVar = {"text": ("Comment",), "label": ("Star",)}
    words: ClassVar = {"1": "negative", "2": "negative", "3": "", "4": "positive", "5": "positive"}

"""NSMC: Korean film reviews of Naver."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import SENTIMENT, SENTIMENT_WORDS
from langalign.corpora.datasets.base import Card


class Nsmc(PublishedDataset):
    """Read the publisher's ``ratings_train.txt`` and ``ratings_test.txt``: id, document, label.

    Eight of their 200,000 documents are empty; ``--skip-bad`` leaves them out.
    """

    card = Card(
        title="Naver sentiment movie corpus v1.0",
        licence="CC0 1.0",
        citation="Park (2016), Naver sentiment movie corpus v1.0",
        source="https://github.com/e9t/nsmc",
        task="sentiment",
        languages=("ko",),
        splits=("train", "test"),
        labels=SENTIMENT,
    )
    folders = ("nsmc",)
    files: ClassVar = {
        "train": ("ratings_train.txt", "nsmc_rebuilt_train.tsv"),
        "test": ("ratings_test.txt", "nsmc_rebuilt_test.tsv"),
    }
    hub: ClassVar = {"train": "e9t/nsmc:train", "test": "e9t/nsmc:test"}
    columns: ClassVar = {"text": ("document",), "label": ("label",)}
    words = SENTIMENT_WORDS

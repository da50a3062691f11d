"""SST-2: sentences and phrases of English film reviews, as GLUE gives them."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import SENTIMENT, SENTIMENT_WORDS
from langalign.corpora.datasets.base import Card


class Sst2(PublishedDataset):
    """Read ``train.tsv``, ``dev.tsv`` and ``test.tsv`` of GLUE's SST-2 folder.

    GLUE's own test file has no labels.
    """

    card = Card(
        title="Stanford Sentiment Treebank, two classes",
        licence="not stated by the publisher; redistributed by GLUE for research",
        citation="Socher et al. (2013), Recursive Deep Models for Semantic Compositionality Over a "
        "Sentiment Treebank, EMNLP",
        source="https://gluebenchmark.com/tasks",
        task="sentiment",
        languages=("en",),
        splits=("train", "dev", "test"),
        labels=SENTIMENT,
    )
    folders = ("sst2", "SST-2")
    files: ClassVar = {"train": ("train.tsv",), "dev": ("dev.tsv",), "test": ("test.tsv",)}
    hub: ClassVar = {"train": "stanfordnlp/sst2:train", "dev": "stanfordnlp/sst2:validation"}
    columns: ClassVar = {"text": ("sentence", "content"), "label": ("label",)}
    words = SENTIMENT_WORDS

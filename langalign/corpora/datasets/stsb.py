"""STS-B: how alike two English sentences are."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets.base import Card


class Stsb(PublishedDataset):
    """Read the publisher's ``sts-*.csv``: tab-separated in spite of its name, and without a header.

    Scores run from 0 to 5. Some rows carry their sources in further fields, which are dropped.
    """

    card = Card(
        title="Semantic Textual Similarity Benchmark",
        licence="CC BY-SA 4.0 for the scores; each source of texts has its own",
        citation="Cer et al. (2017), SemEval-2017 Task 1: Semantic Textual Similarity Multilingual and "
        "Crosslingual Focused Evaluation",
        source="https://ixa2.si.ehu.eus/stswiki",
        task="sts",
        languages=("en",),
        splits=("train", "dev", "test"),
    )
    folders = ("stsb", "stsbenchmark", "stsb-en")
    files: ClassVar = {split: (f"sts-{split}.csv",) for split in ("train", "dev", "test")}
    hub: ClassVar = {
        "train": "mteb/stsbenchmark-sts:train",
        "dev": "mteb/stsbenchmark-sts:validation",
        "test": "mteb/stsbenchmark-sts:test",
    }
    columns: ClassVar = {
        "sentence1": ("6", "sentence1"),
        "sentence2": ("7", "sentence2"),
        "score": ("5", "score"),
    }
    forms: ClassVar = {".csv": "tsv"}
    header = False
    spare = True

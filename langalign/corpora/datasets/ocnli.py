"""OCNLI: Chinese sentence pairs, written in Chinese."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import NLI, NLI_WORDS
from langalign.corpora.datasets.base import Card


class Ocnli(PublishedDataset):
    """Read the publisher's JSON lines; the training rows come in four sizes, the test rows unlabelled."""

    card = Card(
        title="Original Chinese Natural Language Inference",
        licence="CC BY-NC 2.0",
        citation="Hu et al. (2020), OCNLI: Original Chinese Natural Language Inference, Findings of EMNLP",
        source="https://github.com/CLUEbenchmark/OCNLI",
        task="nli",
        languages=("zh",),
        splits=("train", "train-30k", "train-10k", "train-3k", "dev", "test"),
        labels=NLI,
    )
    folders = ("ocnli", "OCNLI", "OCNLI/data/ocnli")
    files: ClassVar = {
        "train": ("train.50k.json",),
        "train-30k": ("train.30k.json",),
        "train-10k": ("train.10k.json",),
        "train-3k": ("train.3k.json",),
        "dev": ("dev.json",),
        "test": ("test.json",),
    }
    hub: ClassVar = {"train": "clue/clue:ocnli:train", "dev": "clue/clue:ocnli:validation"}
    columns: ClassVar = {"premise": ("sentence1",), "hypothesis": ("sentence2",), "label": ("label",)}
    words = NLI_WORDS

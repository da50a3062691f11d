"""SNLI: English sentence pairs about pictures."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import NLI, NLI_WORDS
from langalign.corpora.datasets.base import Card


class Snli(PublishedDataset):
    """Read the publisher's ``snli_1.0_*.jsonl``, or the same as ``.txt``."""

    card = Card(
        title="Stanford Natural Language Inference 1.0",
        licence="CC BY-SA 4.0",
        citation="Bowman, Angeli, Potts, Manning (2015), A large annotated corpus for learning natural "
        "language inference, EMNLP",
        source="https://nlp.stanford.edu/projects/snli/",
        task="nli",
        languages=("en",),
        splits=("train", "dev", "test"),
        labels=NLI,
    )
    folders = ("snli", "snli_1.0", "snli-devtest")
    files: ClassVar = {
        split: (f"snli_1.0_{split}.jsonl", f"snli_1.0_{split}.txt") for split in ("train", "dev", "test")
    }
    hub: ClassVar = {
        "train": "stanfordnlp/snli:train",
        "dev": "stanfordnlp/snli:validation",
        "test": "stanfordnlp/snli:test",
    }
    columns: ClassVar = {
        "premise": ("sentence1", "premise"),
        "hypothesis": ("sentence2", "hypothesis"),
        "label": ("gold_label", "label"),
    }
    words = NLI_WORDS

"""MNLI: English sentence pairs of many genres."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import NLI, NLI_WORDS
from langalign.corpora.datasets.base import Card


class Mnli(PublishedDataset):
    """Read the files of GLUE's MNLI folder, or those of the original ``multinli_1.0``."""

    card = Card(
        title="Multi-Genre Natural Language Inference",
        licence="OANC licence for most genres; see the paper for the others",
        citation="Williams, Nangia, Bowman (2018), A Broad-Coverage Challenge Corpus for Sentence "
        "Understanding through Inference, NAACL",
        source="https://cims.nyu.edu/~sbowman/multinli/",
        task="nli",
        languages=("en",),
        splits=("train", "dev-matched", "dev-mismatched"),
        labels=NLI,
    )
    folders = ("mnli", "MNLI", "multinli_1.0")
    files: ClassVar = {
        "train": ("multinli_1.0_train.jsonl", "train.tsv"),
        "dev-matched": ("multinli_1.0_dev_matched.jsonl", "dev_matched.tsv"),
        "dev-mismatched": ("multinli_1.0_dev_mismatched.jsonl", "dev_mismatched.tsv"),
    }
    hub: ClassVar = {
        "train": "nyu-mll/multi_nli:train",
        "dev-matched": "nyu-mll/multi_nli:validation_matched",
        "dev-mismatched": "nyu-mll/multi_nli:validation_mismatched",
    }
    columns: ClassVar = {
        "premise": ("sentence1", "premise"),
        "hypothesis": ("sentence2", "hypothesis"),
        "label": ("gold_label", "label"),
    }
    words = NLI_WORDS

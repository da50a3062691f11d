"""KorNLI: MNLI, SNLI and XNLI in Korean."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import NLI, NLI_WORDS
from langalign.corpora.datasets.base import Card


class Kornli(PublishedDataset):
    """Read the publisher's files: the training splits were translated by machine, the others by people.

    ``kornli:dev`` and ``kornli:test`` are row-aligned with ``xnli:dev`` and ``xnli:test``.
    """

    card = Card(
        title="KorNLI",
        licence="CC BY-SA 4.0",
        citation="Ham et al. (2020), KorNLI and KorSTS: New Benchmark Datasets for Korean Natural Language "
        "Understanding, Findings of EMNLP",
        source="https://github.com/kakaobrain/kor-nlu-datasets",
        task="nli",
        languages=("ko",),
        splits=("train-mnli", "train-snli", "dev", "test"),
        labels=NLI,
    )
    folders = ("kornli", "KorNLI", "kor-nlu/KorNLI", "kor-nlu-datasets/KorNLI")
    files: ClassVar = {
        "train-mnli": ("multinli.train.ko.tsv",),
        "train-snli": ("snli_1.0_train.ko.tsv",),
        "dev": ("xnli.dev.ko.tsv",),
        "test": ("xnli.test.ko.tsv",),
    }
    hub: ClassVar = {
        "train-mnli": "kakaobrain/kor_nli:multi_nli:train",
        "train-snli": "kakaobrain/kor_nli:snli:train",
        "dev": "kakaobrain/kor_nli:xnli:validation",
        "test": "kakaobrain/kor_nli:xnli:test",
    }
    columns: ClassVar = {
        "premise": ("sentence1", "premise"),
        "hypothesis": ("sentence2", "hypothesis"),
        "label": ("gold_label", "label"),
    }
    words = NLI_WORDS

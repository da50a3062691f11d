"""KorSTS: STS-B in Korean."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets.base import Card


class Korsts(PublishedDataset):
    """Read the publisher's ``sts-*.tsv``, row-aligned with ``stsb``.

    Scores run from 0 to 5. The training split was translated by machine, the others by people.
    """

    card = Card(
        title="KorSTS",
        licence="CC BY-SA 4.0",
        citation="Ham et al. (2020), KorNLI and KorSTS: New Benchmark Datasets for Korean Natural Language "
        "Understanding, Findings of EMNLP",
        source="https://github.com/kakaobrain/kor-nlu-datasets",
        task="sts",
        languages=("ko",),
        splits=("train", "dev", "test"),
    )
    folders = ("korsts", "KorSTS", "kor-nlu/KorSTS", "kor-nlu-datasets/KorSTS")
    files: ClassVar = {split: (f"sts-{split}.tsv",) for split in ("train", "dev", "test")}
    columns: ClassVar = {"sentence1": ("sentence1",), "sentence2": ("sentence2",), "score": ("score",)}

"""XNLI: the same sentence pairs in fifteen languages, row by row."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import NLI, NLI_WORDS
from langalign.corpora.datasets.base import Card


class Xnli(PublishedDataset):
    """Read the publisher's ``xnli.dev.tsv`` and ``xnli.test.tsv``, or one language cut out of them.

    A cut file is named ``xnli.dev.en.tsv``. The languages follow one another in the file, each with its
    rows in the same order, so ``xnli:dev.en`` and ``xnli:dev.zh`` are aligned.
    """

    card = Card(
        title="Cross-lingual Natural Language Inference",
        licence="CC BY-NC 4.0",
        citation="Conneau et al. (2018), XNLI: Evaluating Cross-lingual Sentence Representations, EMNLP",
        source="https://github.com/facebookresearch/XNLI",
        task="nli",
        languages=("en", "ar", "bg", "de", "el", "es", "fr", "hi", "ru", "sw", "th", "tr", "ur", "vi", "zh"),
        splits=("dev", "test"),
        labels=NLI,
    )
    folders = ("xnli", "XNLI-1.0", "xnli-en")
    files: ClassVar = {
        "dev": ("xnli.dev.{language}.tsv", "xnli.dev.tsv"),
        "test": ("xnli.test.{language}.tsv", "xnli.test.tsv"),
    }
    hub: ClassVar = {
        "dev": "facebook/xnli:{language}:validation",
        "test": "facebook/xnli:{language}:test",
    }
    columns: ClassVar = {
        "premise": ("sentence1", "premise"),
        "hypothesis": ("sentence2", "hypothesis"),
        "label": ("gold_label", "label"),
    }
    words = NLI_WORDS

    def keeps(self, cells: Mapping[str, str], split: str, language: str) -> bool:
        """Tell whether a row of the file is in the language.

        :param cells: The row's cells; a cut file has no ``language``.
        :param split: The split.
        :param language: The language.
        :return: Whether it is.
        """
        return cells.get("language", language) == language

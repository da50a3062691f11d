"""Tatoeba: short sentences and their translations, by volunteers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets.base import Card


class Tatoeba(PublishedDataset):
    """Read the files of manythings.org: English, the other language, and mostly an attribution.

    Each split is one pair of languages: ``tatoeba:en-ko`` reads ``kor.txt``, and ``tatoeba:en-ko.ko`` the
    Korean side alone.
    """

    card = Card(
        title="Tatoeba sentence pairs, as selected by manythings.org",
        licence="CC BY 2.0 FR",
        citation="Tatoeba project, tatoeba.org; bilingual sentence pairs of manythings.org/anki",
        source="https://www.manythings.org/anki/",
        task="pairs",
        languages=("en", "ko", "ja", "zh"),
        splits=("en-ko", "en-ja", "en-zh"),
    )
    folders = ("tatoeba", "tatoeba-manythings")
    files: ClassVar = {"en-ko": ("kor.txt",), "en-ja": ("jpn.txt",), "en-zh": ("cmn.txt",)}
    by_language: ClassVar = {"text": "{}"}
    header = False

    def languages(self, split: str) -> tuple[str, ...]:
        """Tell the two languages of a split.

        :param split: The split, such as ``en-ko``.
        :return: Their codes.
        """
        return tuple(split.split("-"))

    def columns_of(self, split: str) -> Mapping[str, tuple[str, ...]]:
        """Tell in which columns of the file the two languages stand.

        :param split: The split, such as ``en-ko``.
        :return: The numbers of the columns.
        """
        return {language: (str(number),) for number, language in enumerate(self.languages(split), start=1)}

"""JSICK: English and Japanese sentence pairs, each labelled in its own language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import NLI, NLI_WORDS
from langalign.corpora.datasets.base import Card


class Jsick(PublishedDataset):
    """Read the publisher's ``jsick.tsv``, which holds all splits and both languages.

    The Japanese was annotated anew, and in about one row of eight differs from the English label: each
    language brings its own.
    """

    card = Card(
        title="Japanese Sentences Involving Compositional Knowledge",
        licence="CC BY-SA 4.0 by its licence file, CC BY 4.0 by its README",
        citation="Yanaka, Mineshima (2022), Compositional Evaluation on Japanese Textual Entailment and "
        "Similarity, TACL",
        source="https://github.com/verypluming/JSICK",
        task="nli",
        languages=("en", "ja"),
        splits=("train", "dev", "test"),
        labels=NLI,
    )
    folders = ("jsick", "JSICK/jsick")
    files: ClassVar = {split: ("jsick.tsv",) for split in ("train", "dev", "test")}
    columns: ClassVar = {
        "premise.en": ("sentence_A_En",),
        "hypothesis.en": ("sentence_B_En",),
        "label.en": ("entailment_label_En",),
        "premise.ja": ("sentence_A_Ja",),
        "hypothesis.ja": ("sentence_B_Ja",),
        "label.ja": ("entailment_label_Ja",),
    }
    by_language: ClassVar = {"premise": "premise.{}", "hypothesis": "hypothesis.{}", "label": "label.{}"}
    words = NLI_WORDS

    def keeps(self, cells: Mapping[str, str], split: str, language: str) -> bool:
        """Tell whether a row of the file belongs to a split.

        :param cells: The row's cells; the file calls its development rows ``trial``.
        :param split: The split.
        :param language: The language.
        :return: Whether it does.
        """
        return cells.get("data") == ("trial" if split == "dev" else split)

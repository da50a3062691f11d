"""JNLI: Japanese sentence pairs about pictures, of JGLUE."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._jglue import JGLUE_FILES, jglue_folders
from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import NLI, NLI_WORDS
from langalign.corpora.datasets.base import Card


class Jnli(PublishedDataset):
    """Read the publisher's ``train``, ``valid`` and ``test`` files, of version 1.3 or before."""

    card = Card(
        title="JGLUE, natural language inference",
        licence="CC BY-SA 4.0",
        citation="Kurihara, Kawahara, Shibata (2022), JGLUE: Japanese General Language Understanding "
        "Evaluation, LREC",
        source="https://github.com/yahoojapan/JGLUE",
        task="nli",
        languages=("ja",),
        splits=("train", "dev", "test"),
        labels=NLI,
    )
    folders = jglue_folders("jnli")
    files = JGLUE_FILES
    columns: ClassVar = {"premise": ("sentence1",), "hypothesis": ("sentence2",), "label": ("label",)}
    words = NLI_WORDS

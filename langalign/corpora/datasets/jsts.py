"""JSTS: how alike two Japanese sentences about pictures are, of JGLUE."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._jglue import JGLUE_FILES, jglue_folders
from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets.base import Card


class Jsts(PublishedDataset):
    """Read the publisher's ``train``, ``valid`` and ``test`` files, of version 1.3 or before.

    Scores run from 0 to 5.
    """

    card = Card(
        title="JGLUE, semantic textual similarity",
        licence="CC BY-SA 4.0",
        citation="Kurihara, Kawahara, Shibata (2022), JGLUE: Japanese General Language Understanding "
        "Evaluation, LREC",
        source="https://github.com/yahoojapan/JGLUE",
        task="sts",
        languages=("ja",),
        splits=("train", "dev", "test"),
    )
    folders = jglue_folders("jsts")
    files = JGLUE_FILES
    columns: ClassVar = {"sentence1": ("sentence1",), "sentence2": ("sentence2",), "score": ("label",)}

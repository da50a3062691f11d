"""small_parallel_enja: short English sentences and their Japanese translations, of the Tanaka corpus."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from langalign.corpora.base import Row, Table
from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets.base import Card

_SPACE = re.compile("(?<![!-~]) | (?![!-~])")
"""A space that does not stand between two ASCII characters, and so between no two Latin words."""


class SmallParallelEnja(PublishedDataset):
    """Read ``train.en``, ``train.ja`` and the like, row-aligned.

    The publisher cut Japanese into words; here the spaces between them are taken out again, as Japanese is
    written without. The English stays as it is: in lower case, its punctuation set apart.
    """

    card = Card(
        title="Small parallel corpus, English and Japanese",
        licence="not stated by the publisher; the Tanaka corpus it is drawn from is CC BY 2.0 FR",
        citation="Neubig (2014), odashi/small_parallel_enja; Tanaka (2001), Compilation of a multilingual "
        "parallel corpus, PACLING",
        source="https://github.com/odashi/small_parallel_enja",
        task="pairs",
        languages=("en", "ja"),
        splits=("train", "dev", "test"),
    )
    folders = ("small_parallel_enja",)
    files: ClassVar = {split: (f"{split}.{{language}}",) for split in ("train", "dev", "test")}
    columns: ClassVar = {"text": ("1",)}
    header = False

    def load(self, split: str, language: str | None = None, data_dir: Path | None = None) -> Table:
        """Load one side of a split, English if no language is given.

        :param split: One of the card's splits.
        :param language: ``en`` or ``ja``.
        :param data_dir: Folder of published files.
        :return: The rows, Japanese without spaces.
        """
        table = super().load(split, language, data_dir)
        return replace(table, rows=map(_unspaced, table.rows)) if language == "ja" else table


def _unspaced(row: Row) -> Row:
    return row._replace(cells={column: _SPACE.sub("", text) for column, text in row.cells.items()})

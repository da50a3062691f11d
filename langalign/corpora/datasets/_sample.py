"""The sample that ships inside the package, read through importlib.resources."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import ClassVar

from langalign.corpora.base import Table
from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.files import read_table

LANGUAGES = ("en", "ko", "ja", "zh")
SPLITS = ("train", "test")
ROLES = ("premise", "hypothesis")


class SampleDataset(PublishedDataset):
    """A part of the sample: a table with a column for each language, and one that names the split."""

    resource: ClassVar[str]
    """The table's file in this folder."""

    def keeps(self, cells: Mapping[str, str], split: str, language: str) -> bool:
        """Tell whether a row belongs to a split.

        :param cells: The row's cells.
        :param split: The split.
        :param language: The language.
        :return: Whether it does.
        """
        return cells["split"] == split

    def _open(self, split: str, language: str, data_dir: Path | None) -> Table:
        return read_table(Path(str(files(__package__) / self.resource)))

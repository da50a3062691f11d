"""Datasets that are read from their publisher's own files, else from the Hugging Face hub."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from langalign.corpora._stream import PACKED
from langalign.corpora.base import Roles, Row, Table
from langalign.corpora.datasets._words import UNLABELLED
from langalign.corpora.datasets.base import Dataset
from langalign.corpora.files import ending, read_table
from langalign.corpora.hub import PREFIX, read_hub
from langalign.errors import DataError, MissingExtraError, ServiceError


class PublishedDataset(Dataset):
    """A dataset described by its files, their columns, and the spelling of its labels.

    Rows without a label, most often marked ``-`` because the annotators did not agree, are left out and
    counted nowhere: their publishers do not mean them to be used.
    """

    folders: ClassVar[tuple[str, ...]] = ()
    """Folders in which the files are published, tried before the data folder itself."""

    files: ClassVar[Mapping[str, tuple[str, ...]]]
    """Names that the file of each split may have; ``{language}`` stands for the language's code."""

    hub: ClassVar[Mapping[str, str]] = {}
    """Where each split lies on the hub: ``owner/name[:config]:split``, with ``{language}`` likewise."""

    columns: ClassVar[Mapping[str, tuple[str, ...]]] = {}
    """What each of our columns may be called in the files."""

    by_language: ClassVar[Mapping[str, str]] = {}
    """How a column is named while languages lie side by side, such as ``premise.{}``."""

    words: ClassVar[Mapping[str, str]] = {}
    """The word for each spelling of a label; none where labels are scores."""

    forms: ClassVar[Mapping[str, str]] = {".txt": "tsv"}
    """The true form of files whose ending misleads."""

    header: ClassVar[bool] = True
    """Whether the first row of the files names their columns."""

    spare: ClassVar[bool] = False
    """Whether some rows hold more fields than there are columns."""

    def load(self, split: str, language: str | None = None, data_dir: Path | None = None) -> Table:
        """Load a split, as :meth:`Dataset.load` says.

        :param split: One of the card's splits.
        :param language: One of the dataset's languages.
        :param data_dir: Folder of published files.
        :return: The rows, with the roles of their columns.
        :raises UnknownPartError: If there is no such split or language.
        :raises DataError: If the files are not there, or are not the publisher's.
        """
        chosen = self.check(split, language)
        table = self._open(split, chosen, data_dir)
        names = self._names(table, split)
        kept = Table(table.path, table.columns, self._kept(table, split, chosen))
        renamed = kept.renamed(names, Roles())
        worded = Table(table.path, renamed.columns, self._worded(renamed))
        return self._in_language(worded, language, self.languages(split))

    def keeps(self, cells: Mapping[str, str], split: str, language: str) -> bool:
        """Tell whether a row of the file belongs to a split and language.

        :param cells: The row's cells, by the publisher's columns.
        :param split: The split.
        :param language: The language.
        :return: Whether it does; every row, if the files hold nothing else.
        """
        return True

    def columns_of(self, split: str) -> Mapping[str, tuple[str, ...]]:
        """Tell what our columns may be called in the file of a split.

        :param split: The split.
        :return: The names by our columns.
        """
        return self.columns

    def _open(self, split: str, language: str, data_dir: Path | None) -> Table:
        names = [name.format(language=language) for name in self.files[split]]
        path = self._find(names, data_dir)
        if path:
            form = self.forms.get(ending(path))
            return read_table(path, form=form, header=self.header, spare=self.spare)
        absent = self._absent(split, names, data_dir)
        if split not in self.hub:
            raise DataError(absent)
        try:
            return read_hub(PREFIX + self.hub[split].format(language=language))
        except (MissingExtraError, ServiceError, DataError) as error:
            raise DataError(f"{absent}; the Hugging Face hub did not help: {error}") from error

    def _find(self, names: list[str], data_dir: Path | None) -> Path | None:
        if data_dir is None:
            return None
        places = [data_dir / folder for folder in (*self.folders, ".")]
        candidates = (
            place / (name + packing) for place in places for name in names for packing in ("", *PACKED)
        )
        return next((path for path in candidates if path.is_file()), None)

    def _absent(self, split: str, names: list[str], data_dir: Path | None) -> str:
        wanted = (
            f"{self.name}:{split} needs {' or '.join(names)} (or packed: {', '.join(PACKED)}) from "
            f"{self.card.source}"
        )
        if data_dir is None:
            return f"{wanted}; name its folder with --data-dir or LANGALIGN_DATA"
        return f"{wanted}, not found in {data_dir} nor in its folders {', '.join(self.folders)}"

    def _names(self, table: Table, split: str) -> dict[str, str]:
        """Match our columns to the file's; only labels may be absent, as in test splits without."""
        names = {}
        for ours, theirs in self.columns_of(split).items():
            found = next((name for name in theirs if name in table.columns), None)
            if found is not None:
                names[ours] = found
            elif not _is_label(ours):
                raise DataError(
                    f"{table.path} is not the published {self.name}:{split}: it has no column "
                    f"{' or '.join(theirs)} but {', '.join(table.columns)}"
                )
        return names

    def _kept(self, table: Table, split: str, language: str) -> Iterator[Row]:
        return (row for row in table.rows if row.problem or self.keeps(row.cells, split, language))

    def _worded(self, table: Table) -> Iterator[Row]:
        labels = [column for column in table.columns if _is_label(column)]
        for row in table.rows:
            spellings = {column: row.cells.get(column, "") for column in labels}
            words = {column: self.words.get(spelling, spelling) for column, spelling in spellings.items()}
            if row.problem:
                yield row
            elif not any(word in UNLABELLED for word in words.values()):
                problem = next(filter(None, map(self._problem, spellings.values())), "")
                yield Row(row.line, {**row.cells, **words}, problem)

    def _problem(self, spelling: str) -> str:
        if self.words:
            known = spelling in self.words
            return "" if known else f"label {spelling!r} is none of: {', '.join(self.words)}"
        try:
            float(spelling)
        except ValueError:
            return f"score {spelling!r} is not a number"
        return ""

    def _in_language(self, table: Table, language: str | None, languages: tuple[str, ...]) -> Table:
        if not self.by_language:
            return replace(table, roles=_roles({column: column for column in table.columns}))
        names = {code: self._named_in(code, table) for code in languages}
        if language:
            return table.renamed(names[language], _roles({ours: ours for ours in names[language]}))
        roles = _roles(names[languages[0]])
        if len(languages) == 2:
            roles = replace(roles, source=roles.text, target=_roles(names[languages[1]]).text)
        return replace(table, roles=roles)

    def _named_in(self, language: str, table: Table) -> dict[str, str]:
        named = {ours: pattern.format(language) for ours, pattern in self.by_language.items()}
        return {ours: column for ours, column in named.items() if column in table.columns}


def _is_label(column: str) -> bool:
    return column.partition(".")[0] in ("label", "score")


def _roles(names: Mapping[str, str]) -> Roles:
    text = tuple(column for ours, column in names.items() if not _is_label(ours))
    return Roles(text, next((column for ours, column in names.items() if _is_label(ours)), ""))

"""What reading works with: tables on the way in, corpora on the way out, and the reader's options.

Tables are read row by row and only once, so that of a wide file no more is kept than the texts asked
for. A bad row keeps its place, carrying its problem: the two sides of a pair stay aligned, and only the
end of the line (:mod:`langalign.corpora.reading`) decides whether to stop or to skip.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from langalign.types import Text


class Row(NamedTuple):
    """One row: its line in the file, its cells by column, and what is wrong with it, if anything."""

    line: int
    cells: Mapping[str, str]
    problem: str = ""


@dataclass(frozen=True)
class Roles:
    """Which columns are used where none is asked for; empty where nothing can be assumed.

    :param text: The text, or the two texts of a sentence pair.
    :param label: The label.
    :param source: The source side of a pair: one text, or two encoded jointly.
    :param target: The target side, likewise.
    """

    text: tuple[str, ...] = ()
    label: str = ""
    source: tuple[str, ...] = ()
    target: tuple[str, ...] = ()


@dataclass(frozen=True)
class Table:
    """Rows under named columns, read once.

    :param path: The file, as messages name it.
    :param columns: Names in the file's order; numbers counted from 1 where there is no header.
    :param rows: The rows, bad ones included.
    :param roles: Which columns are used where none is asked for.
    """

    path: str
    columns: tuple[str, ...]
    rows: Iterable[Row]
    roles: Roles = field(default_factory=Roles)

    def renamed(self, names: Mapping[str, str], roles: Roles) -> Table:
        """Keep some columns, under new names.

        :param names: The old name of each new one.
        :param roles: The roles of the new columns.
        :return: The table; it takes over the rows of this one.
        """
        rows = (
            row._replace(cells={new: row.cells[old] for new, old in names.items() if old in row.cells})
            for row in self.rows
        )
        return replace(self, columns=tuple(names), rows=rows, roles=roles)


@dataclass(frozen=True)
class Corpus:
    """Texts, with or without labels.

    :param name: The DATA they were read from.
    :param texts: ``N`` texts, or sentence pairs.
    :param labels: ``N`` labels, or none.
    :param skipped: Bad rows that were left out.
    """

    name: str
    texts: list[Text]
    labels: list[str] | None = None
    skipped: int = 0

    def __len__(self) -> int:
        """Tell the number of texts, ``N``."""
        return len(self.texts)


@dataclass(frozen=True)
class PairedCorpus:
    """Texts of two sides, row by row.

    :param name: The DATA, and the TARGET if there was one, that they were read from.
    :param source: ``P`` texts, or sentence pairs.
    :param target: Their ``P`` counterparts.
    :param skipped: Pairs left out because a side was bad.
    """

    name: str
    source: list[Text]
    target: list[Text]
    skipped: int = 0

    def __len__(self) -> int:
        """Tell the number of pairs, ``P``."""
        return len(self.source)


@dataclass(frozen=True)
class ReadOptions:
    """How to read DATA. A column is a name, or a number counted from 1; a name wins.

    :param text_column: Column of the text.
    :param pair_column: Column of the second text, where texts are sentence pairs.
    :param label_column: Column of the label.
    :param labels: Whether labels are needed: yes, no, or where there are any.
    :param source_column: Column of the source side.
    :param target_column: Column of the target side.
    :param source_pair_column: Column of the source side's second text.
    :param target_pair_column: Column of the target side's second text.
    :param header: Whether the first row names the columns; tsv and csv say yes, plain text no.
    :param quoting: Whether quotes frame fields as in RFC 4180; csv says yes, tsv and plain text no.
    :param skip_bad: Whether bad rows are left out and counted, rather than refused.
    :param data_dir: Folder of published datasets; ``LANGALIGN_DATA`` if none is given.
    """

    text_column: str | None = None
    pair_column: str | None = None
    label_column: str | None = None
    labels: bool | None = None
    source_column: str | None = None
    target_column: str | None = None
    source_pair_column: str | None = None
    target_pair_column: str | None = None
    header: bool | None = None
    quoting: bool | None = None
    skip_bad: bool = False
    data_dir: Path | str | None = None

"""Reads texts and pairs of texts, and settles what becomes of bad rows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import TypeAlias

from langalign.characters import half_character
from langalign.corpora._data import open_data
from langalign.corpora._roles import choose, named
from langalign.corpora.base import Corpus, PairedCorpus, ReadOptions, Row, Table
from langalign.errors import BadRowError, DataError, SpecError
from langalign.types import Text

_RowPairs: TypeAlias = Iterator[tuple[Row, Row]]


@dataclass(frozen=True)
class _Side:
    """A table and the one or two of its columns that make a text."""

    table: Table
    columns: tuple[str, ...]

    def text(self, row: Row) -> Text:
        cells = [row.cells[column] for column in self.columns]
        return cells[0] if len(cells) == 1 else (cells[0], cells[1])

    def problem(self, row: Row) -> str:
        return row.problem or next(filter(None, (_cell_problem(row, name) for name in self.columns)), "")


def read_texts(data: str, options: ReadOptions | None = None) -> Corpus:
    """Read texts, with their labels where there are any.

    :param data: DATA: a file, ``NAME:SPLIT[.LANG][/sentences]`` of a registered dataset, or
        ``hf:owner/name[:config]:split``.
    :param options: Columns and the like; the defaults if not given.
    :return: The texts, unchanged to the letter, in the file's order.
    :raises DataError: If DATA cannot be read or holds no usable row.
    :raises BadRowError: If a row is bad and bad rows are not skipped.
    """
    options = options or ReadOptions()
    table = open_data(data, options)
    columns = choose(table, table.roles.text, options.text_column, options.pair_column, "text")
    side, label = _Side(table, columns), _label_column(table, options)
    corpus = Corpus(data, [], [] if label else None)
    skipped = 0
    for row in table.rows:
        problem = side.problem(row) or (_cell_problem(row, label) if label else "")
        if problem:
            skipped += _skip(table, row, problem, options)
            continue
        corpus.texts.append(side.text(row))
        if corpus.labels is not None:
            corpus.labels.append(row.cells[label])
    _require_rows(data, len(corpus), skipped)
    return Corpus(data, corpus.texts, corpus.labels, skipped)


def read_pairs(data: str, target: str | None = None, options: ReadOptions | None = None) -> PairedCorpus:
    """Read pairs: two columns of one table, or two sources row by row.

    :param data: DATA, the source side or both sides.
    :param target: TARGET, the target side, if it lies apart.
    :param options: Columns and the like; the defaults if not given.
    :return: Both sides. Where bad rows are skipped, a bad side takes its pair along.
    :raises DataError: If a side cannot be read, or the sides differ in number.
    :raises BadRowError: If a row is bad and bad rows are not skipped.
    :raises SpecError: If both sides are one and the same, or one holds sentence pairs and the other not.
    """
    options = options or ReadOptions()
    left, right, rows = _one_table(data, options) if target is None else _two_tables(data, target, options)
    if len(left.columns) != len(right.columns):
        raise SpecError(
            f"source reads {' + '.join(left.columns)} but target {' + '.join(right.columns)}; "
            "both must be single texts, or both sentence pairs"
        )
    name = data if target is None else f"{data} {target}"
    source: list[Text] = []
    targets: list[Text] = []
    skipped = 0
    for one, other in rows:
        problems = [(side.table, row, side.problem(row)) for side, row in ((left, one), (right, other))]
        bad = next((found for found in problems if found[2]), None)
        if bad:
            skipped += _skip(*bad, options)
            continue
        source.append(left.text(one))
        targets.append(right.text(other))
    _require_rows(name, len(source), skipped)
    return PairedCorpus(name, source, targets, skipped)


def _one_table(data: str, options: ReadOptions) -> tuple[_Side, _Side, _RowPairs]:
    table = open_data(data, options)
    roles = table.roles
    source = choose(table, roles.source, options.source_column, options.source_pair_column, "source")
    target = choose(table, roles.target, options.target_column, options.target_pair_column, "target")
    if source == target:
        raise SpecError(
            f"source and target are both {' + '.join(source)} of {table.path}; choose two columns"
        )
    return _Side(table, source), _Side(table, target), ((row, row) for row in table.rows)


def _two_tables(data: str, target: str, options: ReadOptions) -> tuple[_Side, _Side, _RowPairs]:
    left, right = open_data(data, options), open_data(target, options)
    source = choose(left, left.roles.text, options.source_column, options.source_pair_column, "source")
    goal = choose(right, right.roles.text, options.target_column, options.target_pair_column, "target")
    return _Side(left, source), _Side(right, goal), _aligned(left, right)


def _aligned(left: Table, right: Table) -> _RowPairs:
    lefts, rights = iter(left.rows), iter(right.rows)
    for count, (one, other) in enumerate(zip_longest(lefts, rights)):
        if one is None or other is None:
            extra = count + 1 + _count(rights if one is None else lefts)
            lengths = (count, extra) if one is None else (extra, count)
            raise DataError(
                f"{left.path} has {lengths[0]:,} rows but {right.path} has {lengths[1]:,}; "
                "pairs must match row by row"
            )
        yield one, other


def _count(rows: Iterable[Row]) -> int:
    return sum(1 for _ in rows)


def _label_column(table: Table, options: ReadOptions) -> str:
    if options.label_column:
        return named(table, options.label_column, "--label-column")
    if options.labels and not table.roles.label:
        raise DataError(
            f"{table.path}: no column is plainly the label; choose with --label-column from: "
            f"{', '.join(table.columns)}"
        )
    return "" if options.labels is False else table.roles.label


def _cell_problem(row: Row, column: str) -> str:
    cell = row.cells.get(column)
    if cell is None:
        return f"column {column!r} is missing"
    if not cell.strip():
        return f"column {column!r} is empty"
    return half_character(cell, f"column {column!r}")


def _skip(table: Table, row: Row, problem: str, options: ReadOptions) -> int:
    """Count a bad row, or refuse it."""
    if not options.skip_bad:
        raise BadRowError(table.path, row.line, problem)
    return 1


def _require_rows(name: str, kept: int, skipped: int) -> None:
    if not kept:
        raise DataError(f"{name}: all {skipped:,} rows are bad" if skipped else f"{name} holds no rows")

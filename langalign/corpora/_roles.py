"""Decides which columns are meant: the ones asked for, else those that a well-known name tells."""

from __future__ import annotations

from langalign.corpora.base import Roles, Table
from langalign.errors import DataError

PLAIN_TEXT = ("1",)
"""Columns of a file that is not a table: the line is whatever is asked for by name."""

TEXT_NAMES = ("text", "sentence", "document", "review", "content", "text_a", "comment")
LABEL_NAMES = ("label", "gold_label", "labels", "sentiment", "score")


def guess(columns: tuple[str, ...]) -> Roles:
    """Guess roles from the columns' names.

    :param columns: The names.
    :return: The text is the only column besides the label, or the first that bears a well-known name;
        the sides of a pair are ``source`` and ``target``, or the only two columns if neither is a label.
    """
    label = _first(LABEL_NAMES, columns) if len(columns) > 1 else ""
    others = tuple(column for column in columns if column != label)
    text = others[0] if len(others) == 1 else _first(TEXT_NAMES, others)
    sides = ("source", "target") if {"source", "target"} <= {*columns} else () if label else columns
    source, target = (sides[:1], sides[1:]) if len(sides) == 2 else ((), ())
    return Roles((text,) if text else (), label, source, target)


def choose(
    table: Table, default: tuple[str, ...], first: str | None, second: str | None, side: str
) -> tuple[str, ...]:
    """Settle the column, or the two columns, that make a text.

    :param table: The table.
    :param default: The columns used where none is asked for.
    :param first: The text's column, if it was asked for.
    :param second: The second text's column, if the text is a sentence pair.
    :param side: The option that asks: ``text``, ``source`` or ``target``.
    :return: One name, or two.
    :raises DataError: If there is no such column, or none to assume.
    """
    option = f"--{side}-column"
    if first and not (default and table.columns == PLAIN_TEXT):
        chosen: tuple[str, ...] = (named(table, first, option),)
    else:
        chosen = default[:1] if second else default
    if not chosen and side != "text" and len(table.columns) == 1:
        raise DataError(
            f"{table.path} has one column, but pairs have two sides; give the other side as TARGET"
        )
    if not chosen:
        kind = "text" if side == "text" else f"{side} side"
        raise DataError(
            f"{table.path}: no column is plainly the {kind}; "
            f"choose with {option} from: {', '.join(table.columns)}"
        )
    if second:
        pair_option = "--pair-column" if side == "text" else f"--{side}-pair-column"
        chosen += (named(table, second, pair_option),)
    return chosen


def named(table: Table, column: str, option: str) -> str:
    """Find a column by name, or by number counted from 1.

    :param table: The table.
    :param column: What was asked for; a name wins over a number.
    :param option: The option that asks, for the message.
    :return: The column's name.
    :raises DataError: If there is no such column.
    """
    if column in table.columns:
        return column
    if column.isascii() and column.isdigit() and 1 <= int(column) <= len(table.columns):
        return table.columns[int(column) - 1]
    raise DataError(f"{table.path} has no column {column!r} ({option}); it has: {', '.join(table.columns)}")


def _first(names: tuple[str, ...], columns: tuple[str, ...]) -> str:
    return next((name for name in names if name in columns), "")

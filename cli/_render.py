"""Everything that is printed. Figures go to stdout, progress and errors to stderr."""

from __future__ import annotations

import io
import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from langalign.types import Progress


DETAILS = ("environment", "encoder_identity", "target_encoder_identity")
"""What only the JSON shows: long, and for machines."""


LONGEST_ERROR = 1000
"""Characters of an error; more come of a file that names a thousand columns, or one with a name of a page."""


def error(line: str) -> None:
    """Print one line to stderr, what is wrong and what to do; of a long one the middle is left out."""
    line = " ".join(line.split())
    if len(line) > LONGEST_ERROR:
        line = f"{line[: LONGEST_ERROR * 2 // 3]} … {line[-LONGEST_ERROR // 3 :]}"
    sys.stderr.write(f"langalign: {line}\n")


def note(line: str, *, quiet: bool = False) -> None:
    """Print a remark to stderr."""
    if not quiet:
        sys.stderr.write(f"{line}\n")


def json_line(data: Any) -> None:
    """Print one JSON value on one line of stdout."""
    try:
        sys.stdout.write(json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n")
    except UnicodeEncodeError:  # a terminal of another encoding, or a file name that is no text
        sys.stdout.write(json.dumps(data, allow_nan=False) + "\n")


def show(data: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a command's figures: one JSON object, or tables for the eye.

    :param data: Plain JSON types.
    :param as_json: Whether to print JSON.
    """
    if as_json:
        json_line(data)
        return
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name that is no text must not end the command
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)  # a label may look like markup
    tables = {key: value for key, value in data.items() if _is_table(value)}
    scalars = {key: value for key, value in data.items() if key not in tables and key not in DETAILS}
    if scalars:
        console.print(_summary(scalars))
    for rows in tables.values():
        shapes = [_table(rows), _table(_turned(rows))]
        fitting = [table for table in shapes if _width(console, table) <= console.width]
        # Too wide either way: a block of lines for each row reads better than folded cells.
        for part in fitting[:1] or [_summary(row) for row in rows]:
            console.print()
            console.print(part)


@contextmanager
def progress(title: str, unit: str, *, quiet: bool) -> Iterator[Progress | None]:
    """Show a bar on stderr with pace and time left.

    :param title: What is going on.
    :param unit: What is counted, such as ``texts``.
    :param quiet: Show nothing.
    :yield: What a long step is given to tell how far it has come; None if quiet.
    """
    if quiet:
        yield None
        return
    from rich.console import Console

    console = Console(stderr=True)
    with _bar(console, title, unit) if console.is_terminal else _lines(title, unit) as tell:
        yield tell


@contextmanager
def _bar(console: Console, title: str, unit: str) -> Iterator[Progress]:
    """Draw a bar that goes away when the step is done."""
    from rich import progress as bars

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn(unit),
        bars.TextColumn("{task.fields[rate]}"),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(title, total=None, rate="")

        def tell(done: int, total: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=done, total=total, rate=_pace(speed) if speed else "")

        yield tell


LINE_SECONDS = 10.0
"""How often a log, which has no bar, gets a line."""


@contextmanager
def _lines(title: str, unit: str) -> Iterator[Progress]:
    """Write a line now and then, for logs: done, in all, pace and time left."""
    begin = last = time.monotonic()

    def tell(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= LINE_SECONDS:
            last = now
            line = f"{title}: {done:,} of {total:,} {unit}"
            if done:
                rate = done / (now - begin)
                line += f", {_pace(rate)}, {(total - done) / rate:,.0f} s left"
            note(line)

    yield tell


def _pace(rate: float) -> str:
    """Say how many a second, or where that is less than one, how many seconds for each."""
    return f"{rate:,.0f}/s" if rate >= 1 else f"{1 / rate:,.{0 if rate < 0.1 else 1}f} s each"


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _summary(scalars: Mapping[str, Any]) -> Table:
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key, value in _flat(scalars):
        table.add_row(key, _text(value))
    return table


def _table(rows: list[Mapping[str, Any]]) -> Table:
    from rich.table import Table

    flat = [dict(_flat(row)) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in names:
        numeric = all(isinstance(row.get(name), int | float | None) for row in flat)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in flat:
        table.add_row(*(_text(row.get(name)) for name in names))
    return table


def _turned(rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Make columns of rows, for few rows of many figures; the first field heads the column."""
    flat = [dict(_flat(row)) for row in rows]
    first, *rest = flat[0]
    return [{first: name, **{_text(row[first]): row.get(name) for row in flat}} for name in rest]


def _width(console: Console, table: Table) -> int:
    return console.measure(table, options=console.options.update(width=10_000)).maximum


SHORT = {"source_to_target": "→", "target_to_source": "←"}
"""Retrieval figures have two directions; arrows keep the tables narrow."""


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        name = f"{prefix} {SHORT.get(key, key)}".strip().replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif isinstance(value, list):
            yield name, ", ".join(map(_text, value)) or None
        else:
            yield name, value


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    return str(value)

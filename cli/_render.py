"""Everything that is printed. Figures go to stdout, progress and errors to stderr."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langalign.types import Progress


DETAILS = ("environment", "encoders")
"""What only the JSON shows: long, and for machines."""


def error(line: str) -> None:
    """Print one line to stderr."""
    sys.stderr.write(f"langalign: {' '.join(line.split())}\n")


def note(line: str, *, quiet: bool = False) -> None:
    """Print a remark to stderr."""
    if not quiet:
        sys.stderr.write(f"{line}\n")


def json_line(data: Any) -> None:
    """Print one JSON value on one line of stdout."""
    sys.stdout.write(json.dumps(data, ensure_ascii=False, allow_nan=False) + "\n")


def show(data: Mapping[str, Any], *, as_json: bool) -> None:
    """Print a command's figures: one JSON object, or tables for the eye.

    :param data: Plain JSON types.
    :param as_json: Whether to print JSON.
    """
    if as_json:
        json_line(data)
        return
    from rich.console import Console

    console = Console(highlight=False, soft_wrap=False)
    tables = {key: value for key, value in data.items() if _is_table(value)}
    scalars = {key: value for key, value in data.items() if key not in tables and key not in DETAILS}
    if scalars:
        console.print(_summary(scalars))
    for title, rows in tables.items():
        table = _table(title, rows)
        wide = console.measure(table, options=console.options.update(width=10_000)).maximum > console.width
        # Too many columns for the terminal: a block of lines for each row reads better than folded cells.
        for part in [_summary(row) for row in rows] if wide else [table]:
            console.print(part)
            console.print()


@contextmanager
def progress(title: str, unit: str, *, quiet: bool) -> Iterator[Progress | None]:
    """Show a bar on stderr with rate and time left.

    :param title: What is going on.
    :param unit: What is counted, such as ``texts``.
    :param quiet: Show nothing.
    :yield: What a long step is given to tell how far it has come; None if quiet.
    """
    if quiet:
        yield None
        return
    from rich import progress as bars
    from rich.console import Console

    columns = (
        bars.TextColumn("{task.description}"),
        bars.BarColumn(),
        bars.MofNCompleteColumn(),
        bars.TextColumn(unit),
        bars.TextColumn("{task.fields[rate]}"),
        bars.TimeRemainingColumn(),
    )
    with bars.Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=None, rate="")

        def tell(done: int, total: int) -> None:
            speed = bar.tasks[0].speed
            rate = f"{speed:,.0f}/s" if speed else ""
            bar.update(task, completed=done, total=total, rate=rate)

        yield tell


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(row, Mapping) for row in value)


def _summary(scalars: Mapping[str, Any]) -> Any:
    from rich.table import Table

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="bold")
    table.add_column(overflow="fold")
    for key, value in _flat(scalars):
        table.add_row(key, _text(value))
    return table


def _table(title: str, rows: list[Mapping[str, Any]]) -> Any:
    from rich.box import SIMPLE
    from rich.table import Table

    flat = [dict(_flat(row)) for row in rows]
    names = list(dict.fromkeys(name for row in flat for name in row))
    table = Table(
        title=title.replace("_", " "), title_justify="left", title_style="bold", box=SIMPLE, pad_edge=False
    )
    for name in names:
        numeric = all(isinstance(row.get(name), int | float | None) for row in flat)
        table.add_column(name, justify="right" if numeric else "left", overflow="fold")
    for row in flat:
        table.add_row(*(_text(row.get(name)) for name in names))
    return table


SHORT = {"source_to_target": "→", "target_to_source": "←"}
"""Retrieval figures have two directions; arrows keep the tables narrow."""


def _flat(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in data.items():
        name = f"{prefix} {SHORT.get(key, key)}".strip().replace("_", " ")
        if isinstance(value, Mapping):
            yield from _flat(value, name)
        elif isinstance(value, list):
            yield name, ", ".join(map(_text, value))
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
    from rich.markup import escape

    return escape(str(value))

"""The campaign's table, for the eye and for the repository."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.table import Table

from tests.torture.outcome import Outcome

COLUMNS = ("attack", "tries", "survived", "lost rows", "wrong rows served", "unclear errors", "note")


def cells(outcome: Outcome) -> list[str]:
    """Give a row's cells."""
    figures = (
        outcome.tries,
        outcome.survived,
        outcome.lost_rows,
        outcome.wrong_rows,
        outcome.unclear_errors,
    )
    return [outcome.attack, *(f"{figure:,}" for figure in figures), outcome.note]


def total(outcomes: Sequence[Outcome]) -> Outcome:
    """Add all rows up."""
    names = ("tries", "survived", "lost_rows", "wrong_rows", "unclear_errors")
    return Outcome("all", **{name: sum(getattr(one, name) for one in outcomes) for name in names})


def as_table(outcomes: Sequence[Outcome]) -> Table:
    """Lay the table out for a terminal; what does not hold is red."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in ("attack", "note") else "right", overflow="fold")
    for outcome in [*outcomes, total(outcomes)]:
        table.add_row(*cells(outcome), style=None if outcome.holds else "red")
    return table


def as_markdown(outcomes: Sequence[Outcome], facts: Mapping[str, Any]) -> str:
    """Write the table with date, machine, versions and seed."""
    machine = facts["machine"]
    versions = ", ".join(f"{name} {version}" for name, version in facts["versions"].items())
    lines = [
        "# What langalign withstood",
        "",
        f"`python -m tests.torture{' --quick' if facts['quick'] else ''} --seed {facts['seed']}` on "
        f"{facts['date']}, {facts['minutes']} minutes, {machine['cores']} cores of {machine['cpu']}, "
        f"{machine['platform']}.",
        "",
        f"{versions}.",
        "",
        "| " + " | ".join(COLUMNS) + " |",
        "| --- " + "| ---: " * 5 + "| --- |",
    ]
    lines += ["| " + " | ".join(cells(outcome)) + " |" for outcome in [*outcomes, total(outcomes)]]
    return "\n".join(lines) + "\n"

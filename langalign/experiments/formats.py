"""The table as Markdown, CSV, LaTeX and for the terminal."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Any

from langalign.experiments.bench import needed
from langalign.experiments.rules import COSINE
from langalign.experiments.run import Ran
from langalign.experiments.table import LEAST_GAP, Entry, level

MARK = "†"
METRICS = {
    "macro_f1": "macro-F1 × 100",
    "accuracy": "accuracy × 100",
    "spearman": "Spearman's ρ × 100",
    "pearson": "Pearson's r × 100",
    COSINE: "mean cosine",
}
_LATEX = {"&": r"\&", "%": r"\%", "_": r"\_", "#": r"\#", "–": "--", "×": r"$\times$", "ρ": r"$\rho$"}


def caption(ran: Ran, entries: Sequence[Entry]) -> str:
    """Say what the table shows, over which seeds, and what its marks mean."""
    spec = ran.bench.spec
    seeds = ", ".join(map(str, spec.seeds))
    over = f"mean ± standard deviation (n − 1) over seeds {seeds}" if len(spec.seeds) > 1 else f"seed {seeds}"
    if spec.task.metric == COSINE:
        held_out = needed(spec.held_out).rows
        said = f"{spec.task.name}: {METRICS[COSINE]} of {held_out:,} held-out pairs; {over}."
        return said + _failed(ran)
    test = needed(ran.bench.material.test)
    said = f"{spec.task.name}: {METRICS[spec.task.metric]} on {test.name} ({len(test):,} rows); {over}."
    said += " Columns: labelled rows of the head. Bold: best of its column."
    if spec.baseline:
        name = "exact McNemar test" if spec.task.metric == "accuracy" else "paired bootstrap"
        said += f" {MARK}: differs from {spec.baseline} at p < {level(ran):g} in every seed, and in one "
        said += f"direction ({name} over the same test rows)."
    if spec.gap:
        said += _gap(entries, spec.gap.native_rows)
    return said + _failed(ran)


def _gap(entries: Sequence[Entry], native_rows: int) -> str:
    english = [entry.mean for entry in entries if entry.method == "english"]
    native = [entry.mean for entry in entries if (entry.method, entry.size) == ("native", native_rows)]
    if english and native and native[0] - min(english) < LEAST_GAP:
        return f" native with {native_rows:,} rows is not a point ahead of english: no gap to close."
    told = f" In brackets: share of the gap from english to native with {native_rows:,} rows that is closed"
    return f"{told}, where it is a point or more."


def _failed(ran: Ran) -> str:
    if not ran.failures:
        return ""
    return f" {len(ran.failures):,} of {len(ran.cells):,} cells failed: [n] is a figure of n seeds."


def wide(entries: Sequence[Entry], show: Callable[[Entry], str]) -> tuple[list[str], list[list[str]]]:
    """Lay entries out: a row for each method and its pairs, a column for each size.

    :param entries: From :func:`~langalign.experiments.table.tabulate`.
    :param show: Writes one entry.
    :return: The header, and rows of cells; empty where a method has no such size.
    """
    by_pairs = all(entry.is_cosine for entry in entries)
    columns = sorted({_column(entry) for entry in entries})
    rows: dict[tuple[str, ...], dict[int, str]] = {}
    for entry in entries:
        own = "" if by_pairs or entry.pairs is None else f"{entry.pairs:,}"
        head = (entry.method or "unaligned", entry.figure) if by_pairs else (entry.method, own)
        rows.setdefault(head, {})[_column(entry)] = show(entry)
    header = ["method", "sides" if by_pairs else "pairs", *(f"{column:,}" for column in columns)]
    return header, [[*head, *(cells.get(column, "") for column in columns)] for head, cells in rows.items()]


def plain(entry: Entry) -> str:
    """Write an entry for the terminal, as in ``72.7 ± 0.4† (31 %)``."""
    return _number(entry) + (MARK if entry.significant else "") + _share(entry)


def markdown(ran: Ran, entries: Sequence[Entry]) -> str:
    """Write the table in Markdown, its caption below it."""

    def show(entry: Entry) -> str:
        bold = "**" if entry.best else ""
        return f"{bold}{_number(entry)}{bold}{MARK if entry.significant else ''}{_share(entry)}"

    header, rows = wide(entries, show)
    lines = [header, ["---", "---:", *["---:"] * (len(header) - 2)], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + f"\n{caption(ran, entries)}\n"


def latex(ran: Ran, entries: Sequence[Entry]) -> str:
    """Write the table in LaTeX, for the package booktabs."""

    def show(entry: Entry) -> str:
        number = _number(entry).replace("±", r"$\pm$")
        number = rf"\textbf{{{number}}}" if entry.best else number
        return number + (r"$^\dagger$" if entry.significant else "") + _escaped(_share(entry))

    header, rows = wide(entries, show)
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\begin{{tabular}}{{lr{'r' * (len(header) - 2)}}}",
        r"\toprule",
        rf"{' & '.join(map(_escaped, header))} \\",
        r"\midrule",
        *(rf"{' & '.join([*map(_escaped, row[:2]), *row[2:]])} \\" for row in rows),
        r"\bottomrule",
        r"\end{tabular}",
        rf"\caption{{{_escaped(caption(ran, entries))}}}",
        r"\end{table}",
    ]
    return "\n".join(lines) + "\n"


def comma_separated(kind: type[Any], rows: Sequence[Any]) -> str:
    """Write rows as CSV in full precision, a column for each field.

    :param kind: The dataclass that the rows are of.
    :param rows: Such as the entries of the table.
    :return: A header, and a line for each row; an empty cell stands for None.
    """
    names = [field.name for field in fields(kind)]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    for row in rows:
        values = [getattr(row, name) for name in names]
        writer.writerow(["" if value is None else value for value in values])
    return out.getvalue()


def _column(entry: Entry) -> int:
    return entry.size or entry.pairs or 0


def _number(entry: Entry) -> str:
    scale, digits = (1, 3) if entry.is_cosine else (100, 1)
    spread = "" if entry.deviation is None else f" ± {entry.deviation * scale:.{digits}f}"
    seeds = f" [{entry.seeds}]" if entry.failed else ""
    return f"{entry.mean * scale:.{digits}f}{spread}{seeds}"


def _share(entry: Entry) -> str:
    return "" if entry.gap is None else f" ({round(entry.gap * 100)} %)"


def _escaped(text: str) -> str:
    marks = {**_LATEX, "±": r"$\pm$", "−": "$-$", MARK: r"$^\dagger$", "<": "$<$"}
    return "".join(marks.get(letter, letter) for letter in text)

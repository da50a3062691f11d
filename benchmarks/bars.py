"""Every bar of a folder of results as one table: what was measured, the figure, the bar, holds or not.

python -m benchmarks.bars [FOLDER]
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import PUBLISHED

Result = dict[str, Any]
HEADER = ("bar", "figure", "must be", "holds", "script")


def results(folder: Path) -> Iterator[tuple[str, Result]]:
    """Read the results of a folder, by the scripts' names."""
    for path in sorted(folder.glob("*.json")):
        yield path.stem, json.loads(path.read_text(encoding="utf-8"))


def figure(bar: dict[str, Any]) -> str:
    """Show a bar's figure with its unit."""
    unit = {"times": "×", "": ""}.get(bar["unit"], f" {bar['unit']}")
    return f"{bar['figure']:g}{unit}"


def rows(name: str, result: Result, *, note: str = "") -> list[tuple[str, ...]]:
    """Give a script's bars as the cells of a table."""
    return [
        (bar["what"], figure(bar), bar["bar"], "yes" if bar["holds"] else "NO", name + note)
        for bar in result["bars"]
    ]


def as_text(cells: Sequence[tuple[str, ...]]) -> str:
    """Lay rows out in columns."""
    lines = [HEADER, *cells]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADER))]
    padded = [
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    held = sum(line[3] == "yes" for line in cells)
    return "\n".join([padded[0], "-" * len(padded[0]), *padded[1:], "", f"{held} of {len(cells)} bars hold"])


def main() -> None:
    """Print the table."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else PUBLISHED
    if not list(results(folder)):
        raise SystemExit(f"{folder} holds no results; name the folder that a benchmark wrote to")
    print(as_text([row for name, result in results(folder) for row in rows(name, result)]))


if __name__ == "__main__":
    main()

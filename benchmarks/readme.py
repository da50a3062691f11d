"""The README's table of results, made of ``results/*.json``.

python -m benchmarks.readme           # write it into README.md
python -m benchmarks.readme --check   # exit with 1 if the README says something else
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.bars import figure, results
from benchmarks.measure import PUBLISHED

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- results: python -m benchmarks.readme -->\n", "<!-- end of results -->"


def table() -> str:
    """Make the table: a row for each bar, and the machines under it."""
    rows = ["| what was measured | figure | bar | holds | script |", "| --- | --- | --- | --- | --- |"]
    machines: dict[str, list[str]] = {}
    for name, result in results(PUBLISHED):
        machines.setdefault(described(result["environment"]["machine"]), []).append(f"`{name}`")
        for bar in result["bars"]:
            holds = "yes" if bar["holds"] else "**no**"
            rows.append(f"| {bar['what']} | {figure(bar)} | {bar['bar']} | {holds} | `{name}` |")
    where = [f"{machine} ({', '.join(scripts)})" for machine, scripts in sorted(machines.items())]
    return "\n".join([*rows, "", f"Measured on: {'; '.join(where)}.", ""])


def described(machine: Mapping[str, Any]) -> str:
    """Name a machine's processor, cores and GPUs."""
    return ", ".join([machine["cpu"], f"{machine['cores']} cores", *machine.get("gpus", [])])


def with_table(readme: str) -> str:
    """Put the table between its marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{README.name} lacks the mark {BEGIN.strip()!r} or {END!r}; put both back")
    return f"{before}{BEGIN}\n{table()}\n{END}{after}"


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    old = README.read_text(encoding="utf-8")
    if arguments.check and with_table(old) != old:
        raise SystemExit("README.md differs from benchmarks/results; run python -m benchmarks.readme")
    if not arguments.check:
        README.write_text(with_table(old), encoding="utf-8")


if __name__ == "__main__":
    main()

"""The README's tables of results and the summaries of quality, made of the JSON files under ``results/``.

python -m benchmarks.readme           # write them
python -m benchmarks.readme --check   # exit with 1 if one of them says something else
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from benchmarks.bars import figure, results
from benchmarks.measure import PUBLISHED
from benchmarks.quality import criteria
from benchmarks.quality.plan import RESULTS
from benchmarks.quality.summary import summary

README = Path(__file__).parents[1] / "README.md"
QUALITY = ("english", "native", "linear", "auto", "reverse:linear", "reverse:auto")


def bars() -> str:
    """Make the table of speed: a row for each bar, and the machines under it."""
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


def quality() -> str:
    """Make the table of quality: a row for each experiment, and what the marks mean."""
    return summary(RESULTS, QUALITY, links=f"{RESULTS.relative_to(README.parent)}/")


def with_tables(readme: str) -> str:
    """Put each table between its marks."""
    for name, table in (("results", bars()), ("quality", quality())):
        begin, end = f"<!-- {name}: python -m benchmarks.readme -->\n", f"<!-- end of {name} -->"
        before, begun, rest = readme.partition(begin)
        _, ended, after = rest.partition(end)
        if not (begun and ended):
            raise SystemExit(f"{README.name} lacks the mark {begin.strip()!r} or {end!r}; put both back")
        readme = f"{before}{begin}\n{table}\n{end}{after}"
    return readme


def current() -> dict[Path, str]:
    """Tell what each file that is made of results should hold."""
    return {
        README: with_tables(README.read_text(encoding="utf-8")),
        RESULTS / "summary.md": summary(RESULTS),
        RESULTS / "criteria" / "table.md": criteria.table(RESULTS),
    }


def main() -> None:
    """Write or check."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    for path, text in current().items():
        if path.read_text(encoding="utf-8") == text:
            continue
        if arguments.check:
            name = path.relative_to(README.parent)
            raise SystemExit(f"{name} differs from benchmarks/results; run python -m benchmarks.readme")
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

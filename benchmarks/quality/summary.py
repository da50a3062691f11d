"""The grids in one table: English alone, native rows and some aligners at the centre of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langalign.experiments.formats import METRICS

ALIGNERS = ("linear", "residual", "ae", "auto")
METHODS = ("english", "native", *ALIGNERS, *(f"reverse:{name}" for name in ALIGNERS))


def summary(results: Path, methods: Sequence[str] = METHODS, *, links: str = "") -> str:
    """Write the table in Markdown.

    :param results: Folder of the experiments' results.
    :param methods: The columns.
    :param links: What leads to that folder from where the table stands, with a slash at its end.
    :return: A line for each experiment with a centre and a gap; empty where a method has not been run.
    """
    lines = [["task", "encoder", "figure", *methods], ["---"] * 3 + ["---:"] * len(methods)]
    for path in sorted(results.glob("*/results.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        if {"centre", "gap"} <= told["spec"].keys():
            shown = dict(_at_centre(told))
            task, folder = told["spec"]["task"], path.parent.name
            name = f"[{task['name'].removesuffix(', encoder tuned')}]({links}{folder}/table.md)"
            figure = METRICS[task["metric"]].removesuffix(" × 100")
            cells = [shown.get(method, "") for method in methods]
            lines.append([name, folder.rpartition("-")[2], figure, *cells])
    said = (
        "Figures × 100, means over seeds; each task's own table has every method. †: differs from english "
        "in every seed, and in one direction. ‡: not tested, as english was not run with as many rows. In "
        "brackets the share of the gap to native that is closed. What has no centre or gap is not shown here."
    )
    return "".join(f"| {' | '.join(line)} |\n" for line in lines) + f"\n{said}\n"


def _at_centre(told: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    spec = told["spec"]
    centre, native = spec["centre"], spec["gap"]["native_rows"]
    for entry in told["table"]:
        rows = native if entry["method"] == "native" else centre["rows"]
        if entry["size"] == rows and entry["pairs"] in (None, centre["pairs"]):
            share = "" if entry["gap"] is None else f" ({round(entry['gap'] * 100)} %)"
            tested = entry["method"] == "english" or entry["p_value"] is not None
            mark = "†" if entry["significant"] else "" if tested else "‡"
            yield entry["method"], f"{entry['mean'] * 100:.1f}{mark}{share}"

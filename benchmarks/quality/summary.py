"""The grids in one table: English alone, native rows and some aligners at the centre of each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ALIGNERS = ("linear", "residual", "ae", "auto")
METHODS = ("english", "native", *ALIGNERS, *(f"reverse:{name}" for name in ALIGNERS))


def summary(results: Path) -> str:
    """Write the table in Markdown.

    :param results: Folder of the experiments' results.
    :return: A line for each experiment with a centre and a gap; empty where a method has not been run.
    """
    lines = [["experiment", *METHODS], ["---", *["---:"] * len(METHODS)]]
    for path in sorted(results.glob("*/results.json")):
        told = json.loads(path.read_text(encoding="utf-8"))
        if {"centre", "gap"} <= told["spec"].keys():
            shown = dict(_at_centre(told))
            lines.append([f"[{path.parent.name}]({path.parent.name}/table.md)"])
            lines[-1] += [shown.get(method, "") for method in METHODS]
    said = (
        "Score × 100, mean over seeds; each experiment's own table has every method. †: differs from english "
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

"""One line for each experiment: the cells at its centre, and native with the rows of the gap."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from benchmarks.quality.summary import METHODS, summary


def entry(method: str, pairs: int | None, size: int, mean: float, **more: Any) -> dict[str, Any]:
    return {
        "method": method,
        "pairs": pairs,
        "size": size,
        "mean": mean,
        "gap": None,
        "significant": False,
        "p_value": 0.5,
        **more,
    }


def test_a_line_shows_the_centre_alone(tmp_path: Path) -> None:
    task = {"name": "Toy, encoder tuned", "metric": "macro_f1"}
    spec = {"task": task, "centre": {"pairs": 50, "rows": 20}, "gap": {"native_rows": 10}}
    table = [
        entry("english", None, 20, 0.5),
        entry("english", None, 40, 0.55),
        entry("native", None, 10, 0.7, significant=True),
        entry("linear", 25, 20, 0.51),
        entry("linear", 50, 20, 0.6, gap=0.5),
        entry("ae", 50, 20, 0.4, p_value=None),
        entry("linear", 50, 40, 0.61),
        entry("mean-shift", 50, 20, 0.62),
    ]
    for name, told in {"toy-tuned": {"spec": spec, "table": table}, "alignment": {"spec": {}}}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "results.json").write_text(json.dumps(told))
    header, _, *lines = summary(tmp_path).split("\n\n")[0].splitlines()
    assert header == f"| task | encoder | figure | {' | '.join(METHODS)} |"
    cells = "50.0 | 70.0† | 60.0 (50 %) |  | 40.0‡ |  |  |  |  |  |"
    assert lines == [f"| [Toy](toy-tuned/table.md) | tuned | macro-F1 | {cells}"]
    header, _, *lines = summary(tmp_path, ("english", "ae"), links="there/").split("\n\n")[0].splitlines()
    assert header == "| task | encoder | figure | english | ae |"
    assert lines == ["| [Toy](there/toy-tuned/table.md) | tuned | macro-F1 | 50.0 | 40.0‡ |"]

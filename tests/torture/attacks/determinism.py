"""The whole demo thrice, each in a folder and process of its own: the same bytes, times and places aside."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.torture.campaign import Campaign
from tests.torture.outcome import Outcome
from tests.torture.trial import Tally, not_run

TIMED = re.compile("seconds|_per_second|date|time")
"""Fields that tell how long something took."""


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Run the demo with other hash seeds, and compare what it printed and wrote."""
    if campaign.quick:
        yield not_run("determinism: the demo", "twenty seconds a demo are for the whole campaign")
        return
    campaign.tell("determinism: the demo")
    tally, told = Tally("determinism: the demo"), []
    for number in range(3):
        folder = campaign.folder / str(number)
        folder.mkdir()
        done = subprocess.run(
            [sys.executable, "-m", "langalign_cli.main", "demo", "--out", "made", "--quiet", "--json"],
            cwd=folder,
            env={**os.environ, "PYTHONHASHSEED": str(number), "LANGALIGN_CACHE": "cache"},
            capture_output=True,
            text=True,
        )
        tally.count(unclear=done.stderr[-300:] if done.returncode else "")
        told.append({"stdout": done.stdout, **contents(folder / "made")})
    files = sorted({name for one in told for name in one})
    for name in files:
        first, *others = [timeless(one.get(name, ""), name) for one in told]
        tally.count(failed="" if all(other == first for other in others) else f"{name} differs")
    yield tally.outcome(f"{len(files)} files, {len(told)} runs")


def contents(folder: Path) -> dict[str, str]:
    """Read every file but drawings, which hold a time stamp of their own, as text of some kind."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.suffix != ".pdf"]
    return {path.relative_to(folder).as_posix(): path.read_bytes().decode("latin-1") for path in files}


def timeless(text: str, name: str) -> str:
    """Take times out of JSON, and the digest that covers them."""
    if name != "stdout" and not name.endswith(".json"):
        return text
    return json.dumps(_without_times(json.loads(text or "null")), sort_keys=True)


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: inner for key, inner in value.items() if not TIMED.search(key) and key != "digest"}
        return {key: _without_times(inner) for key, inner in kept.items()}
    return [_without_times(inner) for inner in value] if isinstance(value, list) else value

"""Embedding the same texts a second time, in a new process as a user would.

    python -m benchmarks.speed.again --model e5-small --data DIR

DIR holds the published files of SST-2.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.measure import Bar, publish
from langalign.corpora import ReadOptions, read_texts
from langalign.encoders import format_spec

FIGURES = ("texts", "unique", "cached", "embedded", "seconds", "texts_per_second", "wall_seconds")


def embed(texts: Path, cache: Path, spec: str) -> dict[str, Any]:
    """Run ``langalign embed`` as a process."""
    command = [
        sys.executable,
        "-m",
        "langalign_cli.main",
        "embed",
        texts,
        "--cache",
        cache,
        "--encoder",
        spec,
    ]
    done = subprocess.run(
        [*map(str, command), "--json", "--quiet"], check=True, capture_output=True, text=True
    )
    told = json.loads(done.stdout)
    return {name: told[name] for name in FIGURES}


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="folder of the e5-small checkpoint")
    parser.add_argument("--data", type=Path, required=True, help="folder of SST-2")
    parser.add_argument("--texts", type=int, default=20_000)
    arguments = parser.parse_args()
    distinct = dict.fromkeys(read_texts("sst2:train", ReadOptions(data_dir=arguments.data)).texts)
    spec = format_spec("transformers", str(arguments.model), {"prefix": "query: "})
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "texts.txt"
        path.write_text(
            "\n".join([str(text) for text in distinct][: arguments.texts]) + "\n", encoding="utf-8"
        )
        first, second = (embed(path, Path(folder) / "cache", spec) for _ in range(2))
    what = f"a second embed of {first['unique']:,} texts, e5-small"
    bars = [
        Bar(f"{what}: the command", first["wall_seconds"] / second["wall_seconds"], 100),
        Bar(f"{what}: embedding alone", first["seconds"] / second["seconds"], 100),
        Bar("texts that the second run embedded", second["embedded"], 0, "", at_most=True),
    ]
    publish("again", bars, {"first": first, "second": second}, seed=0)


if __name__ == "__main__":
    main()

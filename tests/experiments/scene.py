"""A small experiment on the bundled sample with the hashing encoder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

SMALL: dict[str, Any] = {
    "task": {"name": "sentiment", "metric": "macro_f1"},
    "encoder": "hashing[width=48]",
    "head": {"name": "linear"},
    "source": {"data": "sample-sentiment:train.en"},
    "test": {"data": "sample-sentiment:test.ko"},
    "native": {"data": "sample-sentiment:train.ko"},
    "translation": {"data": "sample-sentiment:train.ko"},
    "pairs": {
        "data": "sample-nli:train.en/sentences",
        "target": "sample-nli:train.ko/sentences",
        "sizes": [100, 200],
    },
    "methods": ["english", "native", "linear", "reverse:linear", "without-aligner"],
    "sizes": [100, 200],
    "seeds": [0, 1],
}


def write_spec(folder: Path, **changes: Any) -> Path:
    """Write the small experiment, with some keys changed; None leaves a key out."""
    content = {key: value for key, value in {**SMALL, **changes}.items() if value is not None}
    path = folder / "small.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


def run(folder: Path, out: str = "out", **changes: Any) -> Any:
    """Run the small experiment in this process."""
    from langalign.experiments import load_spec, run_experiment

    workers = changes.pop("workers", 1)
    spec = load_spec(write_spec(folder, **changes))
    return run_experiment(spec, out=folder / out, cache=folder / "cache", workers=workers)

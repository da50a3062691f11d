"""A grid of 200 cells over 20,000 stored vectors: closed-form aligners × pairs × sizes × seeds, linear heads.

python -m benchmarks.speed.grid --data DIR

DIR holds the published files of SST-2, NSMC, XNLI and KorNLI. Vectors are those of the embedded encoder,
stored before the clock starts; it runs until the table is written.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable
from pathlib import Path

import yaml

from benchmarks.measure import Bar, publish, seconds
from langalign.api import embed
from langalign.corpora import ReadOptions, read_pairs, read_texts
from langalign.experiments import load_spec, run_experiment, tabulate, write_output
from langalign.experiments.grid import expand

ENCODER = "use-multilingual"
SOURCE_ROWS, TEST_ROWS, PAIRS = 8000, 4000, 4000  # 8,000 + 4,000 + 2 × 4,000 vectors


def write_spec(folder: Path, data: Path) -> tuple[Path, list[str]]:
    """Write the texts and the spec; give the spec's path, and every text."""
    options = ReadOptions(data_dir=data, skip_bad=True)
    labelled = {}
    for name, spec, rows in (("source", "sst2:train", SOURCE_ROWS), ("test", "nsmc:test", TEST_ROWS)):
        corpus = read_texts(spec, options)
        labelled[name] = distinct(zip(corpus.texts, corpus.labels or [], strict=True), rows)
    found = read_pairs("xnli:test.en/sentences", "kornli:test/sentences", options)
    pairs = distinct(zip(found.source, found.target, strict=True), PAIRS)
    write(folder / "pairs.tsv", ("source", "target"), pairs)
    for name, rows in labelled.items():
        write(folder / f"{name}.tsv", ("text", "label"), rows)
    spec = {
        "task": {"name": "sentiment", "metric": "macro_f1"},
        "encoder": ENCODER,
        "head": {"name": "linear"},
        "source": {"data": str(folder / "source.tsv")},
        "test": {"data": str(folder / "test.tsv")},
        "pairs": {"data": str(folder / "pairs.tsv"), "sizes": [1000, 4000]},
        "methods": ["mean-shift", "procrustes", "linear", "reverse:procrustes", "reverse:linear"],
        "sizes": [1000, 2000, 4000, 8000],
        "seeds": [0, 1, 2, 3, 4],
    }
    path = folder / "grid.yaml"
    path.write_text(yaml.safe_dump(spec), encoding="utf-8")
    texts = [row[0] for rows in (*labelled.values(), pairs) for row in rows]
    return path, [*texts, *(target for _, target in pairs)]


def distinct(rows: Iterable[tuple[object, object]], count: int) -> list[tuple[str, str]]:
    """Take the first rows whose texts are new, and one line each."""
    found: dict[str, str] = {}
    for text, other in rows:
        if "\t" not in f"{text}{other}" and "\n" not in f"{text}{other}":
            found.setdefault(str(text), str(other))
    return list(found.items())[:count]


def write(path: Path, header: tuple[str, str], rows: Iterable[tuple[str, str]]) -> None:
    """Write a tsv file."""
    path.write_text("".join("\t".join(row) + "\n" for row in (header, *rows)), encoding="utf-8")


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of SST-2, NSMC, XNLI and KorNLI")
    parser.add_argument("--workers", type=int, help="cells side by side; one for each core if not given")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, texts = write_spec(folder, arguments.data)
        cache, out = folder / "cache", folder / "out"
        embed(texts, ENCODER, cache=cache)
        stored = len(set(texts))
        spec = load_spec(path)

        def whole() -> None:
            ran = run_experiment(spec, out=out, cache=cache, workers=arguments.workers)
            assert not ran.failures, ran.failures[0]
            write_output(ran, tabulate(ran), out)

        taken = seconds(whole)
    cells = len(expand(spec))
    what = f"{cells} cells, closed-form aligners and linear heads, over {stored:,} stored vectors"
    bars = [Bar(what, taken, 180, "s", at_most=True)]
    publish("grid", bars, {"encoder": ENCODER, "cells": cells, "vectors": stored}, seed=0)


if __name__ == "__main__":
    main()

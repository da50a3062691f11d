"""Closed-form aligners on stored pairs, beside scipy's Procrustes on arrays in memory.

python -m benchmarks.speed.closed_form
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
from scipy.linalg import orthogonal_procrustes

from benchmarks.measure import Bar, alternate, publish
from langalign.aligners.linear import LinearAligner
from langalign.aligners.procrustes import ProcrustesAligner
from langalign.store import Store, StoredRows, row_keys
from langalign.types import Identity

IDENTITY = Identity("synthetic", "pairs", "1")
WIDTH = 768
BLOCK = 40_000


def sides(pairs: int) -> tuple[list[str], list[str]]:
    """Make distinct texts of both sides."""
    return [f"source {pair}" for pair in range(pairs)], [f"target {pair}" for pair in range(pairs)]


def filled(cache: Path, pairs: int, seed: int) -> None:
    """Store pairs whose target is the source turned, with noise."""
    store = Store(cache, IDENTITY)
    random = np.random.default_rng(seed)
    turn = np.linalg.qr(random.standard_normal((WIDTH, WIDTH)))[0].astype(np.float32)
    source_texts, target_texts = sides(pairs)
    for start in range(0, pairs, BLOCK):
        part = slice(start, start + BLOCK)
        count = len(source_texts[part])
        source = random.standard_normal((count, WIDTH), dtype=np.float32)
        target = source @ turn + 0.1 * random.standard_normal((count, WIDTH), dtype=np.float32)
        store.append(row_keys(source_texts[part]), source)
        store.append(row_keys(target_texts[part]), target)


def opened(cache: Path, pairs: int) -> tuple[StoredRows, StoredRows]:
    """Open both sides, to be read block by block."""
    store = Store(cache, IDENTITY)
    source_texts, target_texts = sides(pairs)
    return store.rows(source_texts), store.rows(target_texts)


def beside_scipy(cache: Path, repeats: int, seed: int) -> list[Bar]:
    """Fit on 100,000 pairs; the maps must agree before timing counts."""
    filled(cache, 100_000, seed)
    source, target = opened(cache, 100_000)
    x, y = source[:], target[:]
    centred = x - x.mean(0), y - y.mean(0)
    ours = ProcrustesAligner().fit(source, target).weight_
    np.testing.assert_allclose(ours, orthogonal_procrustes(*centred)[0], atol=1e-4)
    median = alternate(
        {
            "scipy": lambda: orthogonal_procrustes(x, y),
            "procrustes": lambda: ProcrustesAligner().fit(source, target),
            "linear": lambda: LinearAligner().fit(source, target),
        },
        repeats,
    )
    return [
        Bar(
            f"{name} on 100,000 × 768 stored pairs, against scipy in memory",
            median["scipy"] / median[name],
            1,
        )
        for name in ("procrustes", "linear")
    ]


MILLION = """
import json, sys, threading, time
from pathlib import Path
import psutil
from benchmarks.speed.closed_form import opened
from langalign.aligners.linear import LinearAligner
from langalign.aligners.procrustes import ProcrustesAligner
source, target = opened(Path(sys.argv[1]), 1_000_000)
process, most, done = psutil.Process(), 0, False
def watch():
    global most
    while not done:
        full = process.memory_info()
        most = max(most, full.rss - full.shared)
        time.sleep(0.02)
watcher = threading.Thread(target=watch)
watcher.start()
taken = {}
for part in (ProcrustesAligner, LinearAligner):
    begin = time.perf_counter()
    part().fit(source, target)
    taken[part.__name__] = time.perf_counter() - begin
done = True
watcher.join()
print(json.dumps([most / 1e9, taken]))
"""


def million(cache: Path, seed: int) -> tuple[Bar, dict[str, float]]:
    """Fit on a million pairs in a process of its own and watch its anonymous memory."""
    filled(cache, 1_000_000, seed)
    command = [sys.executable, "-c", MILLION, str(cache)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    gigabytes, taken = json.loads(done.stdout)
    return Bar(
        "anonymous memory, closed forms on 1,000,000 × 768 pairs", gigabytes, 1.5, "GB", at_most=True
    ), taken


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bars = beside_scipy(Path(folder) / "small", arguments.repeats, arguments.seed)
        bar, taken = million(Path(folder) / "large", arguments.seed)
    publish("closed_form", [*bars, bar], {"seconds for 1,000,000 pairs": taken}, seed=arguments.seed)


if __name__ == "__main__":
    main()

"""The store: reading beside LangChain's cache, and a million rows.

pip install langchain-classic psutil
python -m benchmarks.speed.store
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks.measure import Bar, alternate, publish
from langalign.store import Store, row_keys
from langalign.store.compact import compact
from langalign.types import Identity

IDENTITY = Identity("synthetic", "noise", "1")
WIDTH = 768


def texts(count: int) -> list[str]:
    """Make distinct texts."""
    return [f"sentence number {number} of the benchmark" for number in range(count)]


def filled(cache: Path, count: int, seed: int) -> Store:
    """Write a store of random vectors."""
    store = Store(cache, IDENTITY)
    random = np.random.default_rng(seed)
    everything = texts(count)
    for start in range(0, count, 40_000):
        part = everything[start : start + 40_000]
        store.append(row_keys(part), random.standard_normal((len(part), WIDTH), dtype=np.float32))
    compact(store)
    return store


def beside_langchain(folder: Path, repeats: int, seed: int) -> list[Bar]:
    """Read 10,000 rows of 200,000 by text, against CacheBackedEmbeddings on LocalFileStore."""
    from langchain_classic.embeddings import CacheBackedEmbeddings
    from langchain_classic.storage import LocalFileStore
    from langchain_core.embeddings import Embeddings

    store = filled(folder / "ours", 200_000, seed)
    everything = texts(200_000)
    chosen = [everything[row] for row in np.random.default_rng(seed).permutation(200_000)[:10_000]]
    expected = store.vectors(chosen)

    class Never(Embeddings):
        """Gives the stored vectors when the other cache is filled; must not be asked after that."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return store.vectors(texts).tolist()

        def embed_query(self, text: str) -> list[float]:
            raise NotImplementedError

    theirs = CacheBackedEmbeddings.from_bytes_store(
        Never(), LocalFileStore(folder / "theirs"), namespace="noise", key_encoder="blake2b"
    )
    theirs.embed_documents(chosen)
    np.testing.assert_array_equal(np.asarray(theirs.embed_documents(chosen), np.float32), expected)
    median = alternate(
        {
            "langalign": lambda: Store(folder / "ours", IDENTITY).vectors(chosen),
            "langchain": lambda: theirs.embed_documents(chosen),
        },
        repeats,
    )
    size = sum(path.stat().st_size for path in store.folder.iterdir())
    return [
        Bar(
            "read 10,000 × 768 by text of 200,000, against CacheBackedEmbeddings",
            median["langchain"] / median["langalign"],
            20,
        ),
        Bar(
            "file bytes of 200,000 × 768 over vectors and keys",
            size / (200_000 * (4 * WIDTH + 16)),
            1.03,
            at_most=True,
        ),
    ]


RESOLVE = """
import resource, sys, time, json, psutil
from pathlib import Path
from benchmarks.speed.store import IDENTITY, texts
from langalign.store import Store
chosen = texts(1_000_000)[::100]
process = psutil.Process()
def anonymous():
    full = process.memory_full_info()
    return full.rss - full.shared
before = anonymous()
begin = time.perf_counter()
store = Store(Path(sys.argv[1]), IDENTITY)
vectors = store.vectors(chosen)
taken = time.perf_counter() - begin
print(json.dumps([taken, (anonymous() - before - vectors.nbytes) / 1e6]))
"""


def million(folder: Path, repeats: int, seed: int) -> list[Bar]:
    """Open a store of a million rows in a new process and resolve 10,000 texts."""
    import json

    filled(folder / "million", 1_000_000, seed)
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", RESOLVE, str(folder / "million")],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for _ in range(repeats)
    ]
    taken, megabytes = np.median(runs, axis=0)
    return [
        Bar("a store of 1,000,000: open and resolve 10,000 texts", taken, 1.5, "s", at_most=True),
        Bar("its memory beyond the vectors read (anonymous)", megabytes, 300, "MB", at_most=True),
    ]


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        bars = beside_langchain(Path(folder), arguments.repeats, arguments.seed)
        bars += million(Path(folder), arguments.repeats, arguments.seed)
    publish("store", bars, {"width": WIDTH}, seed=arguments.seed)


if __name__ == "__main__":
    main()

"""The store: reading beside LangChain's cache and an SQLite one, and a million rows.

pip install langchain-classic
python -m benchmarks.speed.store
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.measure import Bar, alternate, publish
from benchmarks.speed.sqlite_cache import SqliteCache
from langalign.store import Store, row_keys
from langalign.store.compact import compact
from langalign.types import Identity, Vectors

IDENTITY = Identity("synthetic", "noise", "1")
WIDTH = 768
BLOCK = 40_000


def texts(count: int) -> list[str]:
    """Make distinct texts."""
    return [f"sentence number {number} of the benchmark" for number in range(count)]


def filled(cache: Path, count: int, seed: int) -> Store:
    """Write a store of random vectors."""
    store = Store(cache, IDENTITY)
    random = np.random.default_rng(seed)
    everything = texts(count)
    for start in range(0, count, BLOCK):
        part = everything[start : start + BLOCK]
        store.append(row_keys(part), random.standard_normal((len(part), WIDTH), dtype=np.float32))
    compact(store)
    return store


def beside_caches(folder: Path, rows: int, read: int, repeats: int, seed: int) -> tuple[list[Bar], dict]:
    """Read rows by text, against CacheBackedEmbeddings on LocalFileStore and against SQLite blobs."""
    store = filled(folder / "ours", rows, seed)
    everything = texts(rows)
    chosen = [everything[row] for row in np.random.default_rng(seed).permutation(rows)[:read]]
    expected = store.vectors(chosen)
    langchain = langchain_cache(folder / "langchain", store)
    langchain.embed_documents(chosen)
    np.testing.assert_array_equal(np.asarray(langchain.embed_documents(chosen), np.float32), expected)
    written = SqliteCache(folder / "vectors.db")
    for start in range(0, rows, BLOCK):
        part = everything[start : start + BLOCK]
        written.write(part, store.vectors(part))
    np.testing.assert_array_equal(written.read(chosen), expected)
    written.close()
    median = alternate(
        {
            "langalign": lambda: Store(folder / "ours", IDENTITY).vectors(chosen),
            "langchain": lambda: langchain.embed_documents(chosen),
            "sqlite": lambda: read_anew(folder / "vectors.db", chosen),
        },
        repeats,
    )
    what = f"read {read:,} × {WIDTH} by text of {rows:,}, against"
    size = sum(path.stat().st_size for path in store.folder.iterdir())
    bars = [
        Bar(f"{what} CacheBackedEmbeddings", median["langchain"] / median["langalign"], 20),
        Bar(f"{what} SQLite blobs", median["sqlite"] / median["langalign"], 1),
        Bar(
            f"file bytes of {rows:,} × {WIDTH} over vectors and keys",
            size / (rows * (4 * WIDTH + 16)),
            1.03,
            at_most=True,
        ),
    ]
    return bars, median


def langchain_cache(folder: Path, store: Store) -> Any:
    """Make LangChain's cache, to be filled with the stored vectors."""
    from langchain_classic.embeddings import CacheBackedEmbeddings
    from langchain_classic.storage import LocalFileStore
    from langchain_core.embeddings import Embeddings

    class Stored(Embeddings):
        """Gives the stored vectors when the other cache is filled; is not asked after that."""

        def embed_documents(self, texts: list[str]) -> list[list[float]]:
            return store.vectors(texts).tolist()

        def embed_query(self, text: str) -> list[float]:
            raise NotImplementedError

    return CacheBackedEmbeddings.from_bytes_store(
        Stored(), LocalFileStore(folder), namespace="noise", key_encoder="blake2b"
    )


def read_anew(path: Path, chosen: list[str]) -> Vectors:
    """Open the SQLite file and read, as the store is opened and read."""
    cache = SqliteCache(path)
    try:
        return cache.read(chosen)
    finally:
        cache.close()


RESOLVE = """
import json, sys, time
from pathlib import Path
from benchmarks.measure import anonymous_memory, memory_peak
from benchmarks.speed.store import IDENTITY, texts
from langalign.store import Store
rows = int(sys.argv[2])
chosen = texts(rows)[:: max(1, rows // 10_000)]
before = anonymous_memory()
begin = time.perf_counter()
with memory_peak() as peak:
    vectors = Store(Path(sys.argv[1]), IDENTITY).vectors(chosen)
    taken = time.perf_counter() - begin
print(json.dumps([taken, peak() - before - vectors.nbytes / 1e6]))
"""


def many_rows(folder: Path, rows: int, repeats: int, seed: int) -> list[Bar]:
    """Open a large store in a new process and resolve 10,000 texts; its files are in the system's cache."""
    filled(folder / "many", rows, seed)
    runs = [
        json.loads(
            subprocess.run(
                [sys.executable, "-c", RESOLVE, str(folder / "many"), str(rows)],
                check=True,
                capture_output=True,
                text=True,
            ).stdout
        )
        for _ in range(repeats)
    ]
    taken, megabytes = np.median(runs, axis=0)
    return [
        Bar(f"a store of {rows:,}: open and resolve 10,000 texts", taken, 1.5, "s", at_most=True),
        Bar("its memory beyond the vectors read, at its peak", megabytes, 300, "MB", at_most=True),
    ]


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=200_000, help="rows of the caches")
    parser.add_argument("--read", type=int, default=10_000, help="rows that are read")
    parser.add_argument("--many", type=int, default=1_000_000, help="rows of the large store")
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path, repeats, seed = Path(folder), arguments.repeats, arguments.seed
        bars, median = beside_caches(path, arguments.rows, arguments.read, repeats, seed)
        bars += many_rows(path, arguments.many, repeats, seed)
    publish(
        "store", bars, {"width": WIDTH, "median_seconds": median}, seed=seed, peers=("langchain-classic",)
    )


if __name__ == "__main__":
    main()

"""Merging of shards. Nothing is removed before what replaces it is durable.

Two processes that merge at once may both write the same rows. That is legal: readers take either
copy, and ``cache compact`` collapses them. Since each process removes only files whose rows it has
itself written anew, no order of events loses a row. Readers keep their maps of removed files.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import numpy as np

from langalign.durable import TEMPORARY, explained, sync
from langalign.store.key import key_order
from langalign.store.shard import Shard, stored_dtype
from langalign.store.store import Store
from langalign.types import Progress

SHARD_BYTES = 128 * 2**20
"""Size of merged shards; up to four times as much memory is taken while one is written."""

MERGE_EVERY = 64
"""Commits between merges of a long run: each shard keeps a file open, and a process may have 1,024."""

STALE_SECONDS = 3600.0
"""Age from which a temporary file is the leftover of a killed writer."""


def merge_small(store: Store) -> None:
    """Merge small shards, so that their number grows with the logarithm of the rows only.

    Taken are the shards under half the full size, as long as the largest of them is at most four
    times all the others together; so a run of one text does not rewrite thousands.

    :param store: Its damaged rows, if any, are left where they are and reported.
    :raises StoreError: If the merged shard cannot be written; the store is as it was.
    """
    store.refresh()  # what another process has merged already need not be merged again
    half = _rows_per_shard(store) // 2
    small = sorted((shard for shard in store.shards if len(shard) < half), key=len)
    sizes = np.array([len(shard) for shard in small], dtype=np.int64)
    worthwhile = np.flatnonzero(sizes <= 4 * (np.cumsum(sizes) - sizes))
    if len(worthwhile):
        _rewrite(store, small[: worthwhile[-1] + 1])


def compact(store: Store, progress: Progress | None = None) -> int:
    """Rewrite a store as few full shards without duplicate rows, and clear leftovers of kills.

    :param store: The store.
    :param progress: Is told rows written and in all.
    :return: Rows that were duplicates.
    :raises StoreError: If a row is damaged or the disk is full; the store is as it was.
    """
    remove_leftovers(store.folder)
    if len(store.shards) < 2:
        return 0
    full = _rows_per_shard(store)
    tidy = all(len(shard) == full for shard in store.shards[:-1]) and not _has_duplicates(store.shards)
    return 0 if tidy else _rewrite(store, list(store.shards), progress)


def remove_leftovers(folder: Path) -> None:
    """Remove temporary files that a killed writer left more than an hour ago."""
    with explained(f"clear {folder}"):
        for path in folder.glob(f".*{TEMPORARY}"):
            with suppress(FileNotFoundError):  # another process was faster
                if time.time() - path.stat().st_mtime > STALE_SECONDS:
                    path.unlink()


def _rewrite(store: Store, shards: Sequence[Shard], progress: Progress | None = None) -> int:
    """Write the rows of some shards anew, sorted and each once, then remove those shards.

    If that fails midway, the new shards are removed instead, so that a full disk is not left fuller.
    Tells how many rows were duplicates.
    """
    keys = np.concatenate([shard.keys for shard in shards])
    shard_of = np.repeat(np.arange(len(shards)), [len(shard) for shard in shards])
    row_of = np.concatenate([np.arange(len(shard)) for shard in shards])
    order = key_order(keys)
    step = _rows_per_shard(store)
    superfluous: list[Path] = []
    try:
        for start in range(0, len(order), step):
            part = order[start : start + step]
            vectors = np.empty((len(part), store.width or 0), dtype=stored_dtype(store.identity.storage))
            for number, shard in enumerate(shards):
                where = np.flatnonzero(shard_of[part] == number)
                vectors[where] = shard.read(row_of[part[where]])
            superfluous.append(store.append(keys[part], vectors))
            if progress:
                progress(start + len(part), len(order))
        superfluous = [shard.path for shard in shards]
    finally:
        with explained(f"tidy {store.folder}"):
            for path in superfluous:
                path.unlink(missing_ok=True)
            sync(store.folder)
    store.refresh()
    return len(keys) - len(order)


def _rows_per_shard(store: Store) -> int:
    width = store.width or 1
    return max(1, SHARD_BYTES // (width * stored_dtype(store.identity.storage).itemsize))


def _has_duplicates(shards: Sequence[Shard]) -> bool:
    keys = np.concatenate([shard.keys for shard in shards])
    return len(key_order(keys)) < len(keys)

"""Looking at every byte of a store, and mending what can be mended.

Nothing damaged is deleted: a damaged shard is renamed to end in ``.damaged``, its good rows are
written anew, and ``embed`` computes the rest again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from langalign.errors import DamageError
from langalign.store.durable import sync
from langalign.store.shard import MEND, Shard, open_shard
from langalign.store.store import ENCODER_FILE, Store, read_identity, shard_paths
from langalign.types import Progress


@dataclass(frozen=True)
class BadFile:
    """A file that must not be served from.

    :param file: Its path.
    :param problem: What is wrong, and what mends it.
    :param lost_rows: Rows that must be embedded again; None if the file cannot tell.
    """

    file: Path
    problem: str
    lost_rows: int | None


@dataclass(frozen=True)
class Verification:
    """What :func:`verify` found in one store.

    :param store: Its folder.
    :param shards: Shards looked at.
    :param rows: Rows that are good.
    :param bad: Files that are not.
    """

    store: Path
    shards: int
    rows: int
    bad: tuple[BadFile, ...]


def store_folders(cache: Path) -> list[Path]:
    """List the folders of a cache that are stores, sorted by name."""
    if not cache.is_dir():
        return []
    folders = (path for path in sorted(cache.iterdir()) if path.is_dir())
    return [path for path in folders if (path / ENCODER_FILE).exists() or shard_paths(path)]


def verify(folder: Path, *, mend: bool = False, progress: Progress | None = None) -> Verification:
    """Check each checksum and each number of a store.

    :param folder: A store's folder.
    :param mend: Set damaged shards aside and write their good rows anew.
    :param progress: Is told shards done and in all.
    :return: What is good and what is not.
    """
    paths = shard_paths(folder)
    try:
        identity, width = read_identity(folder)
        if folder.name != identity.folder_name:
            raise DamageError(f"{folder}: belongs to {identity}, whose folder is {identity.folder_name}")
    except DamageError as error:
        return Verification(folder, len(paths), 0, (BadFile(folder / ENCODER_FILE, str(error), None),))
    rows, bad, damaged = 0, [], []
    for number, (path, shard, fault) in enumerate(
        _opened(paths, identity.fingerprint, width, identity.storage)
    ):
        lost = shard.bad_rows() if shard else np.empty(0, np.int64)
        rows += len(shard) - len(lost) if shard else 0
        if fault or len(lost):
            problem = fault or f"{path}: {len(lost):,} of {len(shard or ()):,} rows are damaged; {MEND}"
            bad.append(BadFile(path, problem, len(lost) if shard else None))
            damaged.append((path, shard, lost))
        if progress:
            progress(number + 1, len(paths))
    if mend and damaged:
        _mend(folder, damaged)
    return Verification(folder, len(paths), rows, tuple(bad))


def _opened(
    paths: list[Path], fingerprint: str, width: int, storage: str
) -> Iterator[tuple[Path, Shard | None, str]]:
    for path in paths:
        try:
            yield path, open_shard(path, fingerprint, width, storage), ""
        except FileNotFoundError:  # merged away since it was listed; its rows are in a newer shard
            continue
        except DamageError as error:
            yield path, None, str(error)


def _mend(folder: Path, damaged: list[tuple[Path, Shard | None, NDArray[np.int64]]]) -> None:
    """Set damaged files aside, then write their good rows anew from the maps that are still open.

    A kill in between loses no byte either: the files set aside are kept.
    """
    for path, _, _ in damaged:
        path.rename(path.with_name(path.name + ".damaged"))
    sync(folder)
    store = Store.from_folder(folder)
    for _, shard, lost in damaged:
        good = np.setdiff1d(np.arange(len(shard or ())), lost)
        if shard is not None and len(good):
            store.append(np.asarray(shard.keys[good]), shard.read(good))

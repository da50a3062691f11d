"""Looking at every byte of a store, and mending what can be mended.

Nothing damaged is deleted: a damaged shard is renamed to end in ``.damaged``, its good rows are
written anew, and ``embed`` computes the rest again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from langalign.durable import explained, sync
from langalign.errors import DamageError
from langalign.store.encoder_file import ENCODER_FILE, own_identity
from langalign.store.shard import MEND, Shard, open_shard
from langalign.store.store import Store, shard_paths
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
    :param mended: Whether those were set aside; a lost identity cannot be mended.
    """

    store: Path
    shards: int
    rows: int
    bad: tuple[BadFile, ...]
    mended: bool = False


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
        identity, width = own_identity(folder)
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
    return Verification(folder, len(paths), rows, tuple(bad), mend and bool(bad))


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
    """Write the good rows of damaged files anew, then set those files aside.

    In this order a kill loses no row. Files that cannot be opened come first, as the store cannot be
    opened while they are there.
    """
    _set_aside(folder, [path for path, shard, _ in damaged if shard is None])
    store = Store.from_folder(folder)
    for path, shard, lost in damaged:
        if shard is not None:
            good = np.setdiff1d(np.arange(len(shard)), lost)
            if len(good):
                store.append(shard.keys[good], shard.read(good))
            _set_aside(folder, [path])


def _set_aside(folder: Path, paths: Sequence[Path]) -> None:
    with explained(f"set damaged files of {folder} aside"):
        for path in paths:
            with suppress(FileNotFoundError):  # another process was faster
                path.rename(path.with_name(path.name + ".damaged"))
        sync(folder)

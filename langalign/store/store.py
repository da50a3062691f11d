"""The folder of one encoder identity: finding, reading and adding rows."""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.durable import explained, write_durably
from langalign.errors import DamageError, IdentityError, StoreError
from langalign.paths import user_path
from langalign.store.encoder_file import ENCODER_FILE, RESTORE, own_identity, read_identity, write_identity
from langalign.store.key import row_keys
from langalign.store.shard import SUFFIX, Shard, open_shard, require_finite, shard_image, stored_dtype
from langalign.store.texts import text_list
from langalign.types import Identity, Keys, Text, Vectors


class Store:
    """Vectors of one encoder identity, found by text.

    Opening maps every shard, which takes milliseconds whatever their size. Another process's later
    shards are seen after :meth:`refresh`.
    """

    def __init__(self, cache: Path | str, identity: Identity) -> None:
        """Open the identity's store; a folder is made when the first rows are added.

        :param cache: The folder that holds all stores.
        :param identity: What the vectors depend on.
        :raises StoreError: If the folder belongs to another identity or a shard is damaged.
        """
        self.identity = identity
        self.folder = user_path(cache) / identity.folder_name
        self.width: int | None = None
        self.shards: list[Shard] = []
        self.refresh()

    @classmethod
    def from_folder(cls, folder: Path | str) -> Store:
        """Open a store by its folder, as ``cache list`` does.

        :param folder: A folder with an ``encoder.json``.
        :return: The store.
        :raises DamageError: If that file is missing or does not tell the folder's identity.
        """
        folder = user_path(folder)
        return cls(folder.parent, own_identity(folder)[0])

    def __len__(self) -> int:
        """Tell the number of rows, duplicates of concurrent writers included."""
        return sum(map(len, self.shards))

    def refresh(self) -> None:
        """See the shards that are there now, including those of other processes.

        :raises StoreError: If a shard is damaged.
        """
        if self.width is None:
            self.width = self._pinned_width()
        if self.width is None:
            return
        opened = {shard.path: shard for shard in self.shards}
        listed: list[Path] | None = None
        # A merge may remove files between their listing and opening: go on until the list stays the same.
        # It is read once more after the assignment, so that no other thread's append is dropped.
        while listed != (paths := shard_paths(self.folder)):
            for path in paths:
                if path not in opened:
                    with suppress(FileNotFoundError):
                        opened[path] = self._open(path)
            if all(path in opened for path in paths):
                self.shards = [opened[path] for path in paths]
            listed = paths

    def has(self, keys: Keys) -> NDArray[np.bool_]:
        """Tell which keys are stored.

        :param keys: Shape: ``(N, 16)``.
        :return: Shape: ``(N,)``.
        """
        return locate(self.shards, keys)[0] >= 0

    def rows(self, texts: Iterable[Text]) -> StoredRows:
        """Give the rows of texts, to be read in blocks when they are needed.

        :param texts: ``N`` texts, in any order, repeats welcome.
        :return: Lazily read vectors. Shape: ``(N, D)``.
        :raises DataError: If one of them is no text.
        :raises StoreError: If a text is not stored.
        """
        texts = text_list(texts)
        shards = self.shards  # this very list, also if another thread refreshes meanwhile
        shard_of, row_of = locate(shards, row_keys(texts))
        missing = np.flatnonzero(shard_of < 0)
        if len(missing):
            raise StoreError(
                f"{len(missing):,} of {len(texts):,} texts are not in the store of {self.identity}, the "
                f"first is {str(texts[missing[0]])[:60]!r}; run 'langalign embed' on them"
            )
        return StoredRows(shards, shard_of, row_of, self.width or 0)

    def vectors(self, texts: Iterable[Text]) -> Vectors:
        """Read the vectors of texts at once.

        :param texts: ``N`` texts.
        :return: Shape: ``(N, D)``.
        :raises DataError: If one of them is no text.
        :raises StoreError: If a text is not stored.
        """
        return self.rows(texts)[:]

    def append(self, keys: Keys, vectors: NDArray[Any]) -> Path:
        """Add rows as one new shard; when this returns they survive a power cut.

        :param keys: Shape: ``(n, 16)``, ``n`` at least 1.
        :param vectors: Shape: ``(n, D)``, ``D`` at least 1.
        :return: The shard's file.
        :raises StoreError: If the vectors are not finite or of another width, or cannot be written.
        """
        stored = self.as_stored(vectors)
        self._pin_width(stored.shape[1])
        name = f"{time.time_ns():020d}-{uuid.uuid4().hex[:12]}{SUFFIX}"
        path = self.folder / name
        write_durably(path, shard_image(keys, stored, self.identity.fingerprint))
        try:
            self.shards.append(self._open(path))
        except FileNotFoundError:  # another process has merged it already
            self.refresh()
        return path

    def as_stored(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """Convert vectors to the store's number format.

        :param vectors: Shape: ``(n, D)``.
        :return: Shape: ``(n, D)``, float32 or float16.
        :raises DamageError: If they hold NaN or numbers that are infinite, or become so.
        """
        with np.errstate(over="ignore"):
            stored = np.ascontiguousarray(vectors, dtype=stored_dtype(self.identity.storage))
        require_finite(stored, f"vectors of {self.identity} as {self.identity.storage}")
        return stored

    def _open(self, path: Path) -> Shard:
        return open_shard(path, self.identity.fingerprint, self.width or 0, self.identity.storage)

    def _pinned_width(self) -> int | None:
        paths = shard_paths(self.folder)  # listed first, as the first writer's encoder.json is there first
        if not (self.folder / ENCODER_FILE).exists():
            if paths:
                raise DamageError(f"{self.folder}: {ENCODER_FILE} is missing; {RESTORE}")
            return None
        identity, width = read_identity(self.folder)
        if identity != self.identity:
            raise IdentityError(
                f"{self.folder} holds vectors of {identity}, not of {self.identity}; {RESTORE}"
            )
        return width

    def _pin_width(self, width: int) -> None:
        if width < 1:
            raise StoreError(f"vectors of width {width} cannot be stored in {self.folder}")
        self.width = self._pinned_width()  # again: the folder may have been removed while it was in use
        if self.width is None:
            write_identity(self.folder, self.identity, width)
            self.width = width
        if self.width != width:
            raise StoreError(
                f"{self.folder} holds vectors of width {self.width}, but the encoder gave width {width}; "
                "a model or server of the same name must have changed: name it otherwise"
            )


class StoredRows:
    """Rows of a store, read and checked in blocks when they are indexed; satisfies ``Rows``."""

    def __init__(
        self, shards: Sequence[Shard], shard_of: NDArray[np.int32], row_of: NDArray[np.int64], width: int
    ) -> None:
        """Remember where the rows are.

        :param shards: Open shards; they stay readable when their files are merged away.
        :param shard_of: Each row's position in ``shards``. Shape: ``(N,)``.
        :param row_of: Each row's number in its shard. Shape: ``(N,)``.
        :param width: ``D``.
        """
        self._shards, self._shard_of, self._row_of = tuple(shards), shard_of, row_of
        self.shape = (len(row_of), width)

    def __len__(self) -> int:
        """Tell the number of rows, ``N``."""
        return self.shape[0]

    def __getitem__(self, index: Any) -> Vectors:
        """Read rows.

        :param index: A slice, an index array or a mask over the ``N`` rows.
        :return: Shape: ``(n, D)``.
        :raises DamageError: If a row's checksum fails.
        """
        shard_of, row_of = self._shard_of[index], self._row_of[index]
        out = np.empty((len(row_of), self.shape[1]), dtype=np.float32)
        for number in np.unique(shard_of):
            where = np.flatnonzero(shard_of == number)
            where = where[np.argsort(row_of[where])]  # in the order of the file
            out[where] = self._shards[number].read(row_of[where])
        return out

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Read all rows, for ``numpy.asarray``."""
        return np.asarray(self[:], dtype=dtype)


def locate(shards: Sequence[Shard], keys: Keys) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Find each key's shard and row.

    :param shards: Where to look; the first one that has a key is taken.
    :param keys: Shape: ``(N, 16)``.
    :return: Positions in ``shards`` (-1: not stored) and row numbers. Shapes: ``(N,)``.
    """
    shard_of = np.full(len(keys), -1, dtype=np.int32)
    row_of = np.full(len(keys), -1, dtype=np.int64)
    for number, shard in enumerate(shards):
        missing = np.flatnonzero(shard_of < 0)
        rows = shard.find(keys[missing])
        hit = rows >= 0
        shard_of[missing[hit]] = number
        row_of[missing[hit]] = rows[hit]
    return shard_of, row_of


def shard_paths(folder: Path) -> list[Path]:
    """List a store's shards, oldest first.

    :param folder: The store's folder; one that is not there has none.
    :return: Their files.
    :raises StoreError: If the folder cannot be listed.
    """
    with explained(f"list {folder}"):
        try:
            paths = sorted(folder.iterdir())
        except (FileNotFoundError, NotADirectoryError):
            return []
    return [path for path in paths if path.suffix == SUFFIX and not path.name.startswith(".")]

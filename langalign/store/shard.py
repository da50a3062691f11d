"""One immutable HDF5 file of keys and vectors.

Layout, all datasets contiguous and unfiltered so that rows are read through a memory map:

- ``vectors`` ``(n, D)`` float32 or float16, rows in the order of their keys
- ``keys`` ``(n, 16)`` uint8, strictly ascending, so that a text is found by bisection
- ``checksums`` ``(n,)`` uint32, CRC-32 of each row of ``vectors``, checked whenever a row is read
- root attributes ``header`` (JSON: format, fingerprint, shape, dtype) and ``crc`` (CRC-32 of header,
  keys and checksums, checked on opening)

The file's own structure (HDF5 1.8 and newer) carries checksums of the HDF5 library.
"""

from __future__ import annotations

import errno
import json
import os
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from isal.isal_zlib import crc32
from numpy.typing import NDArray

from langalign.errors import DamageError, StoreError
from langalign.store.hdf5 import HDF5_LAYOUT, mapped, new_hdf5, read_attribute
from langalign.store.key import KEY_BYTES, WORD, key_order
from langalign.types import FORMAT_VERSION, Keys, Rows, Vectors

SUFFIX = ".h5"
MEND = "'langalign cache verify --mend' sets it aside, then 'langalign embed' computes its rows again"
BLOCK = 4096
"""Rows that are written or verified at a time."""

ALIGNER = "aligner"
"""Attribute of an HDF5 file whose vectors are no encoder's own any more: the aligner that moved them."""

_DATASETS = ("checksums", "keys", "vectors")
_NOT_ITS_FAULT = {errno.EACCES, errno.EPERM, errno.EMFILE, errno.ENFILE, errno.ENOMEM}
"""What keeps a file from being read without telling anything about the file."""


@dataclass(frozen=True)
class Shard:
    """An open shard. The map stays valid when the file is removed, so a reader is never cut off."""

    path: Path
    vectors: NDArray[Any]
    """Mapped rows. Shape: ``(n, D)``."""
    keys: Keys
    """Mapped keys. Shape: ``(n, 16)``."""
    checksums: NDArray[np.uint32]
    """Shape: ``(n,)``."""
    words: NDArray[np.uint64]
    """First eight bytes of each key as a number, ascending. Shape: ``(n,)``."""
    size: int
    """Bytes of the file."""
    advice: str
    """What to do about damage."""

    def __len__(self) -> int:
        """Tell the number of rows."""
        return len(self.keys)

    def find(self, keys: Keys) -> NDArray[np.int64]:
        """Find rows by key.

        :param keys: Shape: ``(N, 16)``.
        :return: Row numbers, -1 for keys that are not here. Shape: ``(N,)``.
        """
        wanted = leading_words(keys)
        rows = np.searchsorted(self.words, wanted).astype(np.int64)
        found = np.full(len(keys), -1, dtype=np.int64)
        open_ = np.flatnonzero(rows < len(self))
        # Equal leading words with unequal keys are next to impossible, but must not be mixed up.
        while len(open_):
            at = rows[open_]
            same = (self.keys[at] == keys[open_]).all(axis=1)
            found[open_[same]] = at[same]
            rows[open_] += 1
            further = ~same & (self.words[at] == wanted[open_]) & (at + 1 < len(self))
            open_ = open_[further]
        return found

    def read(self, rows: NDArray[np.int64]) -> Vectors:
        """Read rows and check each one.

        :param rows: Row numbers. Shape: ``(N,)``.
        :return: Vectors. Shape: ``(N, D)``.
        :raises DamageError: If a row's checksum fails or it holds a NaN or an infinite number.
        """
        taken = self.vectors.take(rows, axis=0)  # a third faster than indexing
        bad = row_checksums(taken) != self.checksums[rows]
        if bad.any():
            raise DamageError(
                f"{self.path}: the checksum of row {rows[bad.argmax()]:,} fails ({bad.sum():,} of "
                f"{len(rows):,} rows read); {self.advice}"
            )
        require_finite(taken, str(self.path), rows)
        return np.asarray(taken, dtype=np.float32)

    def bad_rows(self) -> NDArray[np.int64]:
        """List the rows that must not be served: a failing checksum, or numbers that are not finite."""
        found = []
        for start in range(0, len(self), BLOCK):
            rows = np.asarray(self.vectors[start : start + BLOCK])
            bad = row_checksums(rows) != self.checksums[start : start + BLOCK]
            bad |= ~np.isfinite(rows).all(axis=1)
            found.append(start + np.flatnonzero(bad))
        return np.concatenate(found) if found else np.empty(0, np.int64)


def leading_words(keys: Keys) -> NDArray[np.uint64]:
    """Read the first eight bytes of each key as a number whose order is the keys' order."""
    return np.ascontiguousarray(keys).view(WORD)[:, 0].astype(np.uint64)


def row_checksums(rows: NDArray[Any]) -> NDArray[np.uint32]:
    """Compute the CRC-32 of each row's bytes. Shape: ``(N,)``."""
    return np.fromiter(map(crc32, np.ascontiguousarray(rows)), dtype=np.uint32, count=len(rows))


def require_finite(vectors: NDArray[Any], where: str, rows: NDArray[np.int64] | None = None) -> None:
    """Refuse NaN and infinite numbers.

    :param vectors: Shape: ``(N, D)``.
    :param where: What the message shall name.
    :param rows: The vectors' row numbers there, if they are not all of it. Shape: ``(N,)``.
    :raises DamageError: If there are any.
    """
    if not np.isfinite(vectors).all():
        place = int((~np.isfinite(vectors).all(axis=1)).argmax())
        row = place if rows is None else rows[place]
        raise DamageError(f"{where}: row {row:,} holds NaN or infinite numbers; such vectors are refused")


def shard_image(keys: Keys, vectors: NDArray[Any], fingerprint: str) -> bytes:
    """Lay out a shard in memory, rows sorted by key and each key once.

    :param keys: Shape: ``(n, 16)``.
    :param vectors: In the store's number format. Shape: ``(n, D)``.
    :param fingerprint: The encoder identity's.
    :return: The file's bytes.
    """
    order = key_order(keys)
    # A name of its own, though it is no file: HDF5 refuses the same one in two threads.
    with h5py.File(uuid.uuid4().hex, "w", driver="core", backing_store=False, **HDF5_LAYOUT) as file:
        write_shard(file, keys[order], vectors[order], vectors.dtype, fingerprint)
        file.flush()
        image: bytes = file.id.get_file_image()
    return image


def write_shard_file(path: Path, keys: Keys, rows: Rows, dtype: np.dtype[Any], fingerprint: str) -> None:
    """Write a shard of any size block by block, not all in memory.

    :param path: The new file.
    :param keys: Ascending, each once. Shape: ``(n, 16)``.
    :param rows: Shape: ``(n, D)``.
    :param dtype: Number format of the store.
    :param fingerprint: The encoder identity's.
    """
    size = keys.nbytes + len(keys) * (rows.shape[1] * dtype.itemsize + 4)
    with new_hdf5(path, size) as file:
        write_shard(file, keys, rows, dtype, fingerprint)


def write_shard(file: h5py.File, keys: Keys, rows: Rows, dtype: np.dtype[Any], fingerprint: str) -> None:
    """Fill an empty HDF5 file with a shard; the arguments are those of :func:`write_shard_file`."""
    checksums = np.empty(len(keys), dtype="<u4")
    file.create_dataset("keys", data=keys)
    vectors = file.create_dataset("vectors", rows.shape, dtype)
    for start in range(0, len(keys), BLOCK):
        block = np.ascontiguousarray(rows[start : start + BLOCK], dtype=dtype)
        vectors[start : start + BLOCK] = block
        checksums[start : start + BLOCK] = row_checksums(block)
    file.create_dataset("checksums", data=checksums)
    header = _header(fingerprint, rows.shape, dtype)
    file.attrs["header"] = np.bytes_(header)  # of fixed length: HDF5 puts no checksum on its heap of others
    file.attrs["crc"] = np.uint32(_index_crc(header, keys, checksums))


def open_shard(path: Path, fingerprint: str, width: int, storage: str, advice: str = MEND) -> Shard:
    """Open a shard and check everything but the rows.

    :param path: The file.
    :param fingerprint: What its header must say.
    :param width: ``D`` of the store.
    :param storage: Number format of the store.
    :param advice: What the messages tell to do about damage.
    :return: The shard, mapped.
    :raises FileNotFoundError: If the file is gone, as it is after a merge.
    :raises StoreError: If the system does not let it be read.
    :raises DamageError: If it is cut, altered, holds links, or belongs to another store.
    """
    dtype = stored_dtype(storage)
    try:
        with h5py.File(path, "r", locking=False) as file:
            header, crc = read_attribute(file, "header", "S").decode(), int(read_attribute(file, "crc", "u"))
            expected = _header(fingerprint, (json.loads(header)["rows"], width), dtype)
            if header != expected:
                raise ValueError(f"its header says {header}, this store needs {expected}")
            whole = np.memmap(path, mode="r")  # one for all three, as each keeps a file open
            keys, checksums, vectors = _views(file, whole, width, dtype)
        if _index_crc(header, keys, checksums) != crc:
            raise ValueError("the checksum of its keys and header fails")
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError, OverflowError) as error:
        if path.is_symlink() and not path.exists():
            raise DamageError(
                f"{path}: is a link to a file that is not there; restore the file or remove the link"
            ) from error
        if not path.exists():  # HDF5 has several words for a file that goes while it is opened
            raise FileNotFoundError(f"{path}: is gone") from error
        if isinstance(error, OSError) and error.errno in _NOT_ITS_FAULT:
            raise StoreError(
                f"cannot read {path}: {os.strerror(error.errno)}; mend permissions, or allow more memory or "
                "open files (ulimit -n)"
            ) from error
        raise DamageError(f"{path}: is not a whole shard: {error}; {advice}") from error
    return Shard(path, vectors, keys, checksums, leading_words(keys), len(whole), advice)


def read_header(path: Path) -> dict[str, Any]:
    """Read what a file says of itself, unchecked.

    :param path: A shard, or any file.
    :return: ``format``, ``fingerprint``, ``rows``, ``width``, ``dtype``.
    :raises DamageError: If it is not a shard.
    """
    try:
        with h5py.File(path, "r", locking=False) as file:
            if ALIGNER in file.attrs:
                raise ValueError("its vectors went through an aligner")
            header = json.loads(read_attribute(file, "header", "S"))
            return {name: header[name] for name in ("dtype", "fingerprint", "format", "rows", "width")}
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, AttributeError) as error:
        raise DamageError(f"{path}: is not an export of langalign: {error}; export it again") from error


def _views(
    file: h5py.File, whole: NDArray[np.uint8], width: int, dtype: np.dtype[Any]
) -> tuple[Keys, NDArray[np.uint32], NDArray[Any]]:
    """View keys, checksums and vectors in the map of the whole file."""
    names = sorted(file.keys())
    if names != list(_DATASETS):
        raise ValueError(f"it holds {', '.join(names)} in place of {', '.join(_DATASETS)}")
    keys = mapped(file, "keys", whole, np.dtype(np.uint8))
    checksums = mapped(file, "checksums", whole, np.dtype("<u4"))
    vectors = mapped(file, "vectors", whole, dtype)
    found = (keys.shape, checksums.shape, vectors.shape)
    if found != ((len(keys), KEY_BYTES), (len(keys),), (len(keys), width)):
        raise ValueError(f"its keys, checksums and vectors have the shapes {found}")
    return keys, checksums, vectors


def _header(fingerprint: str, shape: Sequence[int], dtype: np.dtype[Any]) -> str:
    fields = {
        "dtype": dtype.newbyteorder("<").str,
        "fingerprint": fingerprint,
        "format": FORMAT_VERSION,
        "rows": int(shape[0]),
        "width": int(shape[1]),
    }
    return json.dumps(fields, sort_keys=True)


def _index_crc(header: str, keys: Keys, checksums: NDArray[np.uint32]) -> int:
    return crc32(checksums.data, crc32(np.ascontiguousarray(keys).data, crc32(header.encode())))


def stored_dtype(storage: str) -> np.dtype[Any]:
    """Give the little-endian numpy type of a storage format.

    :param storage: ``float32`` or ``float16``.
    :return: The type.
    :raises StoreError: If it is neither.
    """
    if storage not in ("float32", "float16"):
        raise StoreError(f"storage format {storage!r} is unknown; choose float32 or float16")
    return np.dtype(storage).newbyteorder("<")

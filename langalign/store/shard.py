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

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zlib import crc32

import h5py
import numpy as np
from numpy.typing import NDArray

from langalign.errors import DamageError, StoreError
from langalign.store.key import KEY_BYTES
from langalign.types import FORMAT_VERSION, Keys, Rows, Vectors

SUFFIX = ".h5"
MEND = "'langalign cache verify --mend' sets it aside, then 'langalign embed' computes its rows again"
BLOCK = 4096
"""Rows that are written or verified at a time."""

_LAYOUT = {"libver": ("v108", "v108"), "alignment_threshold": 256, "alignment_interval": 64}
"""HDF5 1.8 and newer: its structures carry checksums; rows start at multiples of 64 bytes."""

_DATASETS = ("checksums", "keys", "vectors")
_WORD = np.dtype(">u8")


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
        taken = self.vectors[rows]
        bad = row_checksums(taken) != self.checksums[rows]
        if bad.any():
            raise DamageError(
                f"{self.path}: the checksum of row {rows[bad.argmax()]:,} fails ({bad.sum():,} of "
                f"{len(rows):,} rows read); {self.advice}"
            )
        require_finite(taken, str(self.path))
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
    return np.ascontiguousarray(keys).view(_WORD)[:, 0].astype(np.uint64)


def row_checksums(rows: NDArray[Any]) -> NDArray[np.uint32]:
    """Compute the CRC-32 of each row's bytes. Shape: ``(N,)``."""
    return np.fromiter(map(crc32, np.ascontiguousarray(rows)), dtype=np.uint32, count=len(rows))


def require_finite(vectors: NDArray[Any], where: str) -> None:
    """Refuse NaN and infinite numbers.

    :param vectors: Shape: ``(N, D)``.
    :param where: What the message shall name.
    :raises DamageError: If there are any.
    """
    if not np.isfinite(vectors).all():
        row = int((~np.isfinite(vectors).all(axis=1)).argmax())
        raise DamageError(f"{where}: row {row:,} holds NaN or infinite numbers; such vectors are refused")


def shard_image(keys: Keys, vectors: NDArray[Any], fingerprint: str) -> bytes:
    """Lay out a shard in memory, rows sorted by key and each key once.

    :param keys: Shape: ``(n, 16)``.
    :param vectors: In the store's number format. Shape: ``(n, D)``.
    :param fingerprint: The encoder identity's.
    :return: The file's bytes.
    """
    order = key_order(keys)
    with h5py.File("shard", "w", driver="core", backing_store=False, **_LAYOUT) as file:
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
    with h5py.File(path, "w", **_LAYOUT) as file:
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
    file.attrs["header"] = header
    file.attrs["crc"] = np.uint32(_index_crc(header, keys, checksums))


def key_order(keys: Keys) -> NDArray[np.int64]:
    """Sort keys and drop repeats.

    :param keys: Shape: ``(n, 16)``.
    :return: Row numbers, by ascending key, the first row of each key only.
    """
    words = np.ascontiguousarray(keys).view(_WORD).astype(np.uint64)  # (n, 2)
    order: NDArray[np.int64] = np.lexsort((words[:, 1], words[:, 0]))
    if len(order) == 0:
        return order
    ordered = words[order]
    order = order[np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])]
    return order


def open_shard(path: Path, fingerprint: str, width: int, storage: str, advice: str = MEND) -> Shard:
    """Open a shard and check everything but the rows.

    :param path: The file.
    :param fingerprint: What its header must say.
    :param width: ``D`` of the store.
    :param storage: Number format of the store.
    :param advice: What the messages tell to do about damage.
    :return: The shard, mapped.
    :raises FileNotFoundError: If the file is gone, as it is after a merge.
    :raises DamageError: If it is cut, altered, holds links, or belongs to another store.
    """
    try:
        with h5py.File(path, "r", locking=False) as file:
            header, crc = str(file.attrs["header"]), int(file.attrs["crc"])
            names = sorted(file.keys())
            if names != list(_DATASETS):
                raise ValueError(f"it holds {', '.join(names)} in place of {', '.join(_DATASETS)}")
            keys, checksums, vectors = (_map(file, name, path) for name in ("keys", "checksums", "vectors"))
        _check_index(header, crc, keys, checksums, vectors)
    except FileNotFoundError:
        raise
    except (OSError, KeyError, ValueError, RuntimeError, TypeError, OverflowError) as error:
        raise DamageError(f"{path}: is not a whole shard: {error}; {advice}") from error
    expected = _header(fingerprint, (len(keys), width), stored_dtype(storage))
    if header != expected:
        raise DamageError(f"{path}: its header says {header}, this store needs {expected}; {advice}")
    return Shard(path, vectors, keys, checksums, leading_words(keys), advice)


def read_header(path: Path) -> dict[str, Any]:
    """Read what a file says of itself, unchecked.

    :param path: A shard, or any file.
    :return: ``format``, ``fingerprint``, ``rows``, ``width``, ``dtype``.
    :raises DamageError: If it is not a shard.
    """
    try:
        with h5py.File(path, "r", locking=False) as file:
            header = json.loads(str(file.attrs["header"]))
            return {name: header[name] for name in ("dtype", "fingerprint", "format", "rows", "width")}
    except (OSError, KeyError, ValueError, RuntimeError, TypeError) as error:
        raise DamageError(f"{path}: is not an export of langalign: {error}; export it again") from error


def _check_index(header: str, crc: int, keys: Keys, checksums: NDArray[Any], vectors: NDArray[Any]) -> None:
    shapes_agree = (
        keys.dtype == np.uint8
        and keys.ndim == vectors.ndim == 2
        and keys.shape[1] == KEY_BYTES
        and checksums.dtype == np.dtype("<u4")
        and checksums.shape == (len(keys),)
        and len(vectors) == len(keys)
    )
    if not shapes_agree or _index_crc(header, keys, checksums) != crc:
        raise ValueError("the checksum of its keys and header fails")


def _map(file: h5py.File, name: str, path: Path) -> NDArray[Any]:
    """Map a contiguous dataset; refuse whatever could lead out of this file."""
    dataset: Any = file[name] if isinstance(file.get(name, getlink=True), h5py.HardLink) else None
    plain = (
        isinstance(dataset, h5py.Dataset)
        and not dataset.is_virtual
        and dataset.external is None
        and dataset.chunks is None
        and dataset.id.get_offset() is not None
    )
    if not plain:
        raise ValueError(f"{name!r} is a link or not plain contiguous data, which is refused")
    mapped: NDArray[Any] = np.memmap(path, dataset.dtype, "r", dataset.id.get_offset(), dataset.shape)
    return mapped


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

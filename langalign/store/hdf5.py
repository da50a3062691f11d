"""HDF5 files as the store writes them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import h5py

HDF5_LAYOUT = {"libver": ("v108", "v108"), "alignment_threshold": 256, "alignment_interval": 64}
"""HDF5 1.8 and newer: its structures carry checksums; rows start at multiples of 64 bytes."""


@contextmanager
def new_hdf5(path: Path, size: int) -> Iterator[h5py.File]:
    """Create an HDF5 file, if the disk has room for it.

    HDF5 does not survive a full disk: after a failed write the process may crash when the file is closed.
    So the room is asked for beforehand.

    :param path: The new file.
    :param size: Bytes that it will hold.
    :yield: The file, open for writing.
    :raises OSError: If the disk is full, also where HDF5 notices only on closing.
    """
    if hasattr(os, "posix_fallocate"):  # macOS has none
        with path.open("wb") as room:
            os.posix_fallocate(room.fileno(), 0, size + 2**16)
    try:
        with h5py.File(path, "w", **HDF5_LAYOUT) as file:
            yield file
    except RuntimeError as error:
        raise OSError(str(error)) from error

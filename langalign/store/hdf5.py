"""HDF5 files as the store writes them, and what of them is safe to read."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

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


def read_attribute(file: h5py.File, name: str, kind: str) -> Any:
    """Read an attribute of one numpy kind; HDF5 may hang on a damaged one of variable length.

    :param file: An open file.
    :param name: The attribute's.
    :param kind: The letter that numpy has for the kind.
    :return: Its value.
    :raises ValueError: If it is of another kind.
    """
    dtype = file.attrs.get_id(name).dtype
    if dtype.kind != kind:
        raise ValueError(f"its attribute {name!r} holds {dtype}")
    return file.attrs[name]


def mapped(file: h5py.File, name: str, whole: NDArray[np.uint8], dtype: np.dtype[Any]) -> NDArray[Any]:
    """View a contiguous dataset; refuse whatever could lead out of this file.

    :param file: An open file.
    :param name: The dataset's.
    :param whole: The map of the whole file.
    :param dtype: What the dataset must hold.
    :return: The dataset, mapped. Shape: the dataset's.
    :raises ValueError: If it is a link, not plain contiguous data, or of another type.
    """
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
    if dataset.dtype != dtype:
        raise ValueError(f"{name!r} holds {dataset.dtype}, not {dtype}")
    view: NDArray[Any] = np.ndarray(dataset.shape, dtype, whole, dataset.id.get_offset())
    return view

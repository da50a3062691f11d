"""Files and folders that are there whole or not at all.

Measured while this was designed: an HDF5 file that is appended to and flushed was corrupted by SIGKILL
in 7 of 150 runs. So a file that must survive is written to a temporary name in the same folder, synced,
renamed into place, and the folder is synced after it.
"""

from __future__ import annotations

import ctypes
import errno
import os
import re
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from langalign.errors import LangalignError, StoreError

TEMPORARY = ".tmp"
"""Ending of a file in the making; a leftover of a killed writer bears it too."""

_RUST = re.compile(r"\(os error (\d+)\)")
"""How safetensors and tokenizers, which have exceptions of their own, tell of a full or broken disk."""

_HERE, _EXCHANGE = -100, 2
"""``AT_FDCWD`` and ``RENAME_EXCHANGE`` of Linux."""


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a temporary path to write to; at the end it takes the place of ``path``, synced.

    :param path: Where the file shall be; its folder is made if need be.
    :yield: A path in the same folder.
    :raises StoreError: If the disk is full, the folder cannot be written, or the disk fails. The
        temporary file is removed, and whatever stood at ``path`` stands there still.
    """
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}{TEMPORARY}")
    with explained(f"write {path}"):
        make_folder(path.parent)
        try:
            yield temporary
            sync(temporary)
            temporary.replace(path)
            sync(path.parent)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def replacing_folder(folder: Path, *, over: bool = False) -> Iterator[Path]:
    """Give a temporary folder to fill; at the end it takes the place of ``folder``, synced.

    :param folder: Where the folder shall be; those above it are made if need be.
    :param over: See :func:`put_folder`.
    :yield: A folder beside it, empty.
    :raises StoreError: As :func:`replacing` does.
    """
    making = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}{TEMPORARY}")
    with explained(f"write {folder}"):
        try:
            make_folder(folder.parent)
            making.mkdir()  # synced when it is put in its place
            yield making
            put_folder(making, folder, over=over)
        finally:
            shutil.rmtree(making, ignore_errors=True)


def put_folder(made: Path, folder: Path, *, over: bool = False) -> None:
    """Sync a folder and all that is in it, and rename it into its place.

    :param made: A folder on the same disk; what is left of it is for the caller to remove.
    :param folder: Its place.
    :param over: Replace what stands there, which stands there until the new folder does; otherwise
        nothing or an empty folder may be there.
    :raises OSError: If that fails; what stood there stands there still.
    """
    for path in (*made.rglob("*"), made):
        sync(path)
    if not (over and folder.exists()):
        made.rename(folder)
    elif not exchange(made, folder):
        old = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.old")
        folder.rename(old)
        try:
            made.rename(folder)
        except OSError:
            old.rename(folder)
            raise
        shutil.rmtree(old, ignore_errors=True)
    sync(folder.parent)


@contextmanager
def explained(action: str) -> Iterator[None]:
    """Turn whatever the operating system objects to into one clear line.

    :param action: What is tried, such as ``write cache/x.h5``.
    :yield: Nothing.
    :raises StoreError: In place of an ``OSError``, or of what a library in Rust makes of one.
    """
    try:
        yield
    except LangalignError:
        raise
    except Exception as error:
        reason = _objection(error)
        if reason is None:
            raise
        raise StoreError(
            f"cannot {action}: {reason}; what was stored before is kept: free space or mend permissions and "
            "run again, or choose another place"
        ) from error


def _objection(error: Exception) -> str | None:
    """Say what the system objects to; None if this is an error of another kind."""
    if isinstance(error, OSError):
        return os.strerror(error.errno) if error.errno else str(error)
    told = _RUST.search(str(error))
    return os.strerror(int(told[1])) if told else None


def make_folder(folder: Path) -> None:
    """Make a folder, and those above it, so that they survive a power cut."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        sync(folder.parent)


def write_durably(path: Path, data: bytes) -> None:
    """Write a file so that a kill at any instant leaves either nothing or all of it.

    :param path: Where the file shall be.
    :param data: Its bytes.
    :raises StoreError: As :func:`replacing` does.
    """
    with replacing(path) as temporary:
        temporary.write_bytes(data)


def exchange(one: Path, other: Path) -> bool:
    """Exchange two folders in one step, so that at no instant a name stands for nothing.

    :param one: A folder.
    :param other: Another on the same disk.
    :return: Whether the system can do that; if not, nothing was done.
    :raises OSError: If it can, but failed.
    """
    system = ctypes.CDLL(None, use_errno=True)
    if not hasattr(system, "renameat2"):  # Linux only
        return False
    if system.renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.EINVAL, errno.ENOSYS, errno.EOPNOTSUPP):  # not every file system can
        return False
    raise OSError(number, os.strerror(number), str(other))


def sync(path: Path) -> None:
    """Make a file's bytes, or a folder's renames and removals, survive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

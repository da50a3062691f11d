"""Whole files and folders put where they do not belong."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from enum import Enum
from pathlib import Path

import numpy as np

from langalign.store import Store, row_keys
from langalign.store.encoder_file import ENCODER_FILE
from tests.cli.reviews import reviews


class Expected(Enum):
    """What must come of it."""

    FOUND = "found"
    HARMLESS = "harmless"
    EMBEDDED_AGAIN = "told as not stored"


def shard(folder: Path) -> Path:
    """Give a store's shard."""
    return next(iter(folder.glob("*.h5")))


def other_store(folder: Path, width: int = 16) -> Path:
    """Make a store of the same texts beside this one, of another encoder and other vectors."""
    own = Store.from_folder(folder)
    other = Store(folder.parent, replace(own.identity, name="another"))
    texts = [text for text, _ in reviews(24)]
    other.append(row_keys(texts), np.full((len(texts), width), 7.0, np.float32))
    return other.folder


def swap_shards(folder: Path) -> None:
    """Exchange the shards of two stores."""
    one, other = shard(folder), shard(other_store(folder))
    swap(one, other)


def take_shard(folder: Path) -> None:
    """Put another store's shard beside this one's."""
    shutil.copy(shard(other_store(folder)), folder / "00000000000000000000-other.h5")


def take_wide_shard(folder: Path) -> None:
    """Put a shard of another width in this one's place."""
    shutil.copy(shard(other_store(folder, width=8)), shard(folder))


def swap_identities(folder: Path) -> None:
    """Exchange the ``encoder.json`` of two stores."""
    swap(folder / ENCODER_FILE, other_store(folder) / ENCODER_FILE)


def swap_folders(folder: Path) -> None:
    """Give two stores each other's name."""
    swap(folder, other_store(folder))


def swap(one: Path, other: Path) -> None:
    """Exchange two files or folders."""
    between = one.with_name("between")
    one.rename(between)
    other.rename(one)
    between.rename(other)


def replace_by_folder(folder: Path) -> None:
    """Put a folder in a shard's place."""
    path = shard(folder)
    path.unlink()
    path.mkdir()


def replace_by_link(folder: Path) -> None:
    """Put a link to nothing in a shard's place."""
    path = shard(folder)
    path.unlink()
    path.symlink_to("nowhere.h5")


MISPLACEMENTS: dict[str, tuple[Callable[[Path], object], Expected]] = {
    "shard removed": (lambda folder: shard(folder).unlink(), Expected.EMBEDDED_AGAIN),
    "shard renamed": (lambda folder: shard(folder).rename(folder / "other.h5"), Expected.HARMLESS),
    "shard of another ending": (
        lambda folder: shard(folder).rename(folder / "other.hdf5"),
        Expected.EMBEDDED_AGAIN,
    ),
    "shard twice": (lambda folder: shutil.copy(shard(folder), folder / "other.h5"), Expected.HARMLESS),
    "shard linked twice": (lambda folder: os.link(shard(folder), folder / "other.h5"), Expected.HARMLESS),
    "shards of two stores exchanged": (swap_shards, Expected.FOUND),
    "another store's shard added": (take_shard, Expected.FOUND),
    "shard of another width": (take_wide_shard, Expected.FOUND),
    "shard is a folder": (replace_by_folder, Expected.FOUND),
    "shard is a link to nothing": (replace_by_link, Expected.FOUND),
    "shard is encoder.json": (
        lambda folder: shutil.copy(folder / ENCODER_FILE, shard(folder)),
        Expected.FOUND,
    ),
    "encoder.json removed": (lambda folder: (folder / ENCODER_FILE).unlink(), Expected.FOUND),
    "encoder.json is the shard": (
        lambda folder: shutil.copy(shard(folder), folder / ENCODER_FILE),
        Expected.FOUND,
    ),
    "encoder.json of two stores exchanged": (swap_identities, Expected.FOUND),
    "folders of two stores exchanged": (swap_folders, Expected.FOUND),
}

"""Changes to a shard that HDF5 itself makes, so that its own checksums are right."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import h5py
import numpy as np

Edit = Callable[[h5py.File], None]


def header(file: h5py.File, **changes: Any) -> None:
    """Change what the header says."""
    fields = {**json.loads(file.attrs["header"]), **changes}
    file.attrs["header"] = np.bytes_(json.dumps(fields, sort_keys=True))


def attribute(file: h5py.File, name: str, value: Any) -> None:
    """Replace an attribute, or remove it."""
    del file.attrs[name]
    if value is not None:
        file.attrs[name] = value


def more_crc(file: h5py.File) -> None:
    """Make the checksum another number."""
    file.attrs["crc"] = np.uint32(file.attrs["crc"] ^ 1)


def swap_rows(file: h5py.File, name: str) -> None:
    """Exchange two rows of a dataset."""
    file[name][...] = file[name][()][[1, 0, *range(2, len(file[name]))]]


def remade(file: h5py.File, name: str, **how: Any) -> None:
    """Write a dataset anew, in another way."""
    content = file[name][()]
    del file[name]
    file.create_dataset(name, data=content, **how)


def cut(file: h5py.File, name: str) -> None:
    """Leave the last row of a dataset out."""
    content = file[name][:-1]
    del file[name]
    file[name] = content


def linked(file: h5py.File, name: str, link: Any) -> None:
    """Put a link in a dataset's place; the dataset itself is kept elsewhere."""
    content = file[name][()]
    del file[name]
    file["elsewhere"] = content
    file[name] = link


EDITS: dict[str, Edit] = {
    "header of more rows": partial(header, rows=25),
    "header of another width": partial(header, width=8),
    "header of another number format": partial(header, dtype="<f2"),
    "header of another encoder": partial(header, fingerprint="0" * 20),
    "header of another format": partial(header, format=99),
    "header without fields": partial(attribute, name="header", value=np.bytes_("{}")),
    "header that is no JSON": partial(attribute, name="header", value=np.bytes_("rows")),
    "header that is a list": partial(attribute, name="header", value=np.bytes_("[[[[1]]]]")),
    "header that is a number": partial(attribute, name="header", value=7),
    "header of variable length": partial(attribute, name="header", value="{}"),
    "no header": partial(attribute, name="header", value=None),
    "another checksum": more_crc,
    "checksum that is a text": partial(attribute, name="crc", value=np.bytes_("1")),
    "checksum that is negative": partial(attribute, name="crc", value=-1),
    "no checksum": partial(attribute, name="crc", value=None),
    "two keys exchanged": partial(swap_rows, name="keys"),
    "two vectors exchanged": partial(swap_rows, name="vectors"),
    "two checksums exchanged": partial(swap_rows, name="checksums"),
    "a vector too few": partial(cut, name="vectors"),
    "a key too few": partial(cut, name="keys"),
    "a checksum too few": partial(cut, name="checksums"),
    "vectors as float64": partial(remade, name="vectors", dtype="<f8"),
    "vectors of the other byte order": partial(remade, name="vectors", dtype=">f4"),
    "vectors in chunks": partial(remade, name="vectors", chunks=True),
    "vectors packed": partial(remade, name="vectors", compression="gzip"),
    "vectors by a soft link": partial(linked, name="vectors", link=h5py.SoftLink("/elsewhere")),
    "vectors in another file": partial(
        linked, name="vectors", link=h5py.ExternalLink("other.h5", "/vectors")
    ),
    "a dataset more": lambda file: file.create_dataset("more", data=[1, 2, 3]),
}

"""Files made to harm, by name: each maker writes one and tells its name."""

from __future__ import annotations

import gzip
import io
import json
import lzma
import os
import pickle
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

SECRET = 7.252
WIDTH = 16
PACKERS: Mapping[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lambda data: lzma.compress(data, preset=0),
}
Maker = Callable[[Path, Path], "Made"]


@dataclass(frozen=True)
class Made:
    """A file to try.

    :param file: Its name.
    :param fine: Whether it may be taken: it is odd, but does no harm.
    """

    file: str
    fine: bool = False


class Code:
    """Leaves a file behind when it is unpickled."""

    def __reduce__(self) -> tuple[Callable[[str], int], tuple[str]]:
        """Tell pickle to run a command."""
        return os.system, ("touch ../../pwned",)


def content(name: str, data: bytes | str, *, fine: bool = False) -> Maker:
    """Make a maker of a file with given content, packed as its name says."""

    def make(folder: Path, _: Path) -> Made:
        raw = data.encode() if isinstance(data, str) else data
        (folder / name).write_bytes(PACKERS.get(Path(name).suffix, bytes)(raw))
        (folder / "texts.txt").write_text("a\nb\nc\n")
        write_material(folder)
        return Made(name, fine)

    return make


def write(path: Path, data: bytes) -> str:
    """Write a file as it is, and tell its name."""
    path.write_bytes(data)
    return path.name


def write_material(folder: Path) -> None:
    """Write the data that the experiments name."""
    rows = "".join(f"good film {number}\t{number % 2}\n" for number in range(40))
    (folder / "rows.tsv").write_text(f"text\tlabel\n{rows}")


def npy(header: str) -> bytes:
    """Write the head of an ``.npy`` file and no numbers."""
    return b"\x93NUMPY\x02\x00" + struct.pack("<I", len(header)) + header.encode()


def pickled_npy() -> bytes:
    """Write an array of one object that runs code."""
    file = io.BytesIO()
    np.save(file, np.array([[Code()]], object), allow_pickle=True)
    return file.getvalue()


def shaped(shape: str, dtype: str = "<f4") -> bytes:
    """Claim a shape."""
    return npy(f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, }}")


def parquet(table: Callable[[], pa.Table], *, fine: bool = False, **options: object) -> Maker:
    """Make a maker of a Parquet file."""

    def make(folder: Path, _: Path) -> Made:
        pq.write_table(table(), folder / "a.parquet", write_statistics=False, **options)
        (folder / "texts.txt").write_text("a\nb\nc\n")
        return Made("a.parquet", fine)

    return make


def repeated(text: str, rows: int) -> pa.Array:
    """Hold one text many times, in hardly any bytes."""
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([text]))


def vectors(rows: int) -> pa.Array:
    """Hold zeros."""
    return pa.FixedSizeListArray.from_arrays(pa.array(np.zeros(rows * WIDTH, np.float32)), WIDTH)


def hdf5(fill: Callable[[h5py.File, Path], object], *, fine: bool = False) -> Maker:
    """Make a maker of an HDF5 file."""

    def make(folder: Path, secret: Path) -> Made:
        with h5py.File(folder / "a.h5", "w") as file:
            fill(file, secret)
        (folder / "texts.txt").write_text("a\nb\nc\n")
        return Made("a.h5", fine)

    return make


def link_out(file: h5py.File, secret: Path) -> None:
    """Link to a dataset of another file."""
    with h5py.File(secret.with_suffix(".h5"), "w") as other:
        other["vectors"] = np.load(secret)
    file["vectors"] = h5py.ExternalLink(str(secret.with_suffix(".h5")), "/vectors")


def map_out(file: h5py.File, secret: Path) -> None:
    """Be a virtual dataset over another file."""
    link_out(file, secret)
    del file["vectors"]
    layout = h5py.VirtualLayout((3, WIDTH), "f4")
    layout[:] = h5py.VirtualSource(str(secret.with_suffix(".h5")), "vectors", (3, WIDTH))
    file.create_virtual_dataset("vectors", layout)


def store_out(file: h5py.File, secret: Path) -> None:
    """Keep the numbers in another file, the way HDF5 calls external."""
    skip = secret.stat().st_size - 3 * WIDTH * 4
    file.create_dataset("vectors", (3, WIDTH), "f4", external=[(str(secret), skip, 3 * WIDTH * 4)])


def linked(folder: Path, secret: Path) -> Made:
    """Be a symbolic link to a file that is not to be read, in a cache export's place."""
    (folder / "texts.txt").write_text("a\nb\nc\n")
    (folder / "a.npy").write_bytes(shaped(f"(3, {WIDTH})"))
    (folder / "a.texts.jsonl").symlink_to("/etc/shadow")
    return Made("a.npy")


NESTED = '{"x": 1, "' + "k" * 4000 + '": '
LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefghijk", "bcdefghijkl", strict=True)
)
SOUND = """
task: {name: s, metric: accuracy}
encoder: hashing
source: {data: rows.tsv}
test: {data: rows.tsv}
methods: [english]
sizes: [10]
"""

TABLES: Mapping[str, Maker] = {
    "gz of one line": content("a.txt.gz", b"a" * 10_000_000),
    "xz of one line": content("a.txt.xz", b"a" * 30_000_000),
    "xz of wide characters": content("a.txt.xz", b"a" * 30_000_000 + "😀".encode()),
    "xz of tabs": content("a.tsv.xz", b"\t" * 30_000_000),
    "xz of nested records": content("a.jsonl.xz", NESTED * 900 + "1" + "}" * 900, fine=True),
    "xz of empty records": content("a.json.xz", b'[{"text": "a", "b": [' + b"{}," * 10_000_000 + b"1]}]"),
    "xz in xz": content("a.txt.xz", lzma.compress(b"a" * 30_000_000, preset=0), fine=True),
    "xz that is none": lambda folder, _: Made(write(folder / "a.txt.xz", b"plain")),
    "deep JSON": content("a.json", "[" * 10_000),
    "deep JSON lines": content("a.jsonl", '{"a":' * 2_000),
    "long number": content("a.jsonl", '{"text": ' + "9" * 9_000 + "}"),
    "many columns": content("a.tsv", "\t".join(map(str, range(1800)))),
    "quote without end": content("a.csv", 'text\n"' + "a\n" * 4_000),
    "billion laughs": content(
        "a.tmx", '<!DOCTYPE t [<!ENTITY a "aa"><!ENTITY b "&a;&a;&a;&a;">]><tmx>&b;</tmx>'
    ),
    "entity of a file": content(
        "a.tmx", '<!DOCTYPE t [<!ENTITY a SYSTEM "file:///etc/passwd">]><tmx><seg>&a;</seg></tmx>'
    ),
    "deep XML": content("a.tmx", "<a>" * 3_300),
    "unheard-of encoding": content("a.tmx", '<?xml version="1.0" encoding="x"?><tmx/>'),
    "parquet of one text": parquet(lambda: pa.table({"text": repeated("a" * 100_000, 100_000)})),
    "parquet of one page": parquet(
        lambda: pa.table({"text": ["a" * 300_000_000]}), compression="zstd", use_dictionary=False
    ),
    "parquet of nothing": parquet(lambda: pa.table({"text": pa.nulls(3_000_000)})),
    "parquet of lists": parquet(
        lambda: pa.table({"text": ["a"] * 50, "more": [np.ones(100_000, bool)] * 50}), fine=True
    ),
}

VECTORS: Mapping[str, Maker] = {
    "pickle": content("a.npy", pickle.dumps(Code())),
    "array of objects": content("a.npy", pickled_npy()),
    "header that is code": content("a.npy", npy("__import__('os').system('touch ../../pwned')")),
    "deep header": content("a.npy", npy("{'descr': " + "(" * 4000 + ")" * 4000 + "}")),
    "long header": content("a.npy", b"\x93NUMPY\x02\x00\xff\xff\xff\xff{"),
    "huge shape": content("a.npy", shaped(f"(1000000000000, {WIDTH})")),
    "shape beyond numbers": content("a.npy", shaped(f"({10**30}, {WIDTH})")),
    "rows of nothing": content("a.npy", shaped("(1000000000000, 0)")),
    "void numbers": content("a.npy", shaped(f"(1000000000000, {WIDTH})", "|V0")),
    "texts that are a link": linked,
    "external link": hdf5(link_out),
    "virtual dataset": hdf5(map_out),
    "external storage": hdf5(store_out),
    "packed zeros": hdf5(
        lambda file, _: file.create_dataset(
            "vectors", (10**9, WIDTH), "f4", chunks=(10**5, WIDTH), compression=9
        )
    ),
    "chunk beyond its dataset": hdf5(
        lambda file, _: file.create_dataset(
            "vectors", (3, WIDTH), "f4", maxshape=(None, None), chunks=(10_000, 10_000), fillvalue=1.0
        ),
        fine=True,
    ),
    "empty dataset": hdf5(lambda file, _: file.create_dataset("vectors", data=h5py.Empty("f4"))),
    "strings": hdf5(lambda file, _: file.create_dataset("vectors", data=["a", "b"])),
    "text for each vector": parquet(
        lambda: pa.table({"vector": vectors(4000), "text": repeated("a" * 1_000_000, 4000)}), fine=True
    ),
    "many zeros": parquet(lambda: pa.table({"vector": vectors(4_000_000)})),
    "vectors of strings": parquet(lambda: pa.table({"vector": [["a"]] * 3})),
}

YAML: Mapping[str, Maker] = {
    "sound": content("s.yaml", SOUND, fine=True),
    "billion laughs": content("s.yaml", LAUGHS),
    "value in itself": content("s.yaml", SOUND + "tune: &a {options: *a}"),
    "deep lists": content("s.yaml", "[" * 10_000),
    "deep keys": content("s.yaml", "{a: " * 2_500),
    "code as a tag": content("s.yaml", 'task: !!python/object/apply:os.system ["touch ../../pwned"]'),
    "module as a tag": content("s.yaml", "task: !!python/module:os"),
    "date that is none": content("s.yaml", "task: 2024-13-45"),
    "number that is none": content("s.yaml", "task: !!int x"),
    "long number": content("s.yaml", "task: " + "9" * 9_000),
    "key of the environment": content("s.yaml", SOUND.replace("name: s", 'name: "${OPENAI_API_KEY}"')),
    "two documents": content("s.yaml", "---\na: b\n---\nc: d"),
    "not text": content("s.yaml", b"\xff\xfe\x00"),
    "head of another folder": content("s.yaml", SOUND + 'head: {name: "../../x"}'),
    "JSON": content("s.yaml", json.dumps({"task": ["x"] * 2_000})),
}

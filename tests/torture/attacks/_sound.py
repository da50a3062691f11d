"""Sound files of every form that langalign reads, and the commands that read them."""

from __future__ import annotations

import gzip
import io
import json
import lzma
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import h5py
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.torture.sandbox import Sandbox

WIDTH = 16
ENCODER = ("--encoder", f"hashing[width={WIDTH}]", "--quiet", "--json")
ALIGNED = ("--aligner", "aligner", "--out", "made.npy", "--quiet", "--json")
TEXTS = [f'film {number} 영화 "q" 😀' for number in range(30)]
LABELS = [str(number % 2) for number in range(30)]
VECTORS = np.random.default_rng(0).normal(size=(30, WIDTH)).astype(np.float32)
Form: TypeAlias = tuple[str, Sequence[bytes], Sequence[Sequence[str]]]


def sound_files(folder: Path, box: Sandbox) -> Mapping[str, Form]:
    """Give for each form a file's name, contents, and the commands that it is given to."""
    folder.mkdir()
    table = "text\tlabel\n" + "".join(f"{text}\t{label}\n" for text, label in zip(TEXTS, LABELS, strict=True))
    records = [json.dumps({"text": text, "more": {"n": 1}}) for text in TEXTS]
    comma = table.replace('"q"', '"').replace('"', '""').replace("\t", ",")
    plain = table.encode()
    packed = gzip.compress(parquet("none", folder))
    return {
        "tsv": of_texts("a.tsv", plain),
        "csv": of_texts("a.csv", comma.encode()),
        "txt": of_texts("a.txt", "\n".join(TEXTS).encode()),
        "jsonl": of_texts("a.jsonl", "\n".join(records).encode()),
        "json": of_texts("a.json", f"[{', '.join(records)}]".encode()),
        "tsv.gz": of_texts("a.tsv.gz", gzip.compress(plain)),
        "tsv.xz": of_texts("a.tsv.xz", lzma.compress(plain)),
        "parquet.gz": of_texts("a.parquet.gz", packed),
        "tmx": (
            "a.tmx",
            [memory()],
            [("fit-aligner", "a.tmx", "--aligner", "linear", "--out", "made", *ENCODER)],
        ),
        "two files": (
            "b.txt",
            ["\n".join(TEXTS).encode()],
            [("fit-aligner", "b.txt", "b.txt", "--aligner", "linear", "--out", "made", *ENCODER)],
        ),
        "parquet": (
            "a.parquet",
            [parquet(kind, folder) for kind in ("none", "snappy", "zstd", "brotli")],
            [
                ("embed", "a.parquet", *ENCODER),
                ("transform", "a.parquet", *ALIGNED),
                ("cache", "import", "a.parquet", *ENCODER),
            ],
        ),
        "npy": ("a.npy", [npy()], [("transform", "a.npy", *ALIGNED)]),
        "hdf5": (
            "a.h5",
            [hdf5(folder, options) for options in HDF5_OPTIONS],
            [("transform", "a.h5", *ALIGNED)],
        ),
        "export": ("x.h5", [export(folder, box)], [("cache", "import", "x.h5", *ENCODER)]),
        "experiment": (
            "s.yaml",
            [EXPERIMENT.encode()],
            [("experiment", "s.yaml", "--out", "made", "--dry-run", "--quiet", "--json")],
        ),
    }


HDF5_OPTIONS: Sequence[tuple[str | None, dict[str, Any]]] = (
    (None, {}),
    ("latest", {}),
    (None, {"chunks": (5, WIDTH), "compression": "gzip"}),
    ("latest", {"chunks": (5, WIDTH), "compression": "gzip", "maxshape": (None, None)}),
)
EXPERIMENT = """
task: {name: sample, metric: macro_f1}
encoder: hashing
source: {data: sample-sentiment:train.en}
test: {data: sample-sentiment:test.ko}
pairs: {data: sample-sentiment:train.en, target: sample-sentiment:train.ko, sizes: [50, 100]}
methods: [english, {method: ae, sizes: [20]}]
aligners: {ae: {options: {epochs: 2}}}
head: {name: linear, preset: default}
sizes: [10, 20]
seeds: [0, 1]
"""


def of_texts(name: str, content: bytes) -> Form:
    """Be a file of texts."""
    return name, [content], [("embed", name, *ENCODER), ("embed", name, "--skip-bad", *ENCODER)]


def memory() -> bytes:
    """Write a translation memory."""
    units = "".join(
        f'<tu><tuv xml:lang="en"><seg>film {number}</seg></tuv>'
        f'<tuv xml:lang="ko"><seg>영화 <bpt>x</bpt>{number}</seg></tuv></tu>'
        for number in range(30)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><tmx><body>{units}</body></tmx>'.encode()


def parquet(compression: str, folder: Path) -> bytes:
    """Write texts, labels and vectors."""
    table = pa.table({"text": TEXTS, "label": LABELS, "vector": VECTORS.tolist()})
    pq.write_table(table, folder / "a.parquet", compression=compression)
    return (folder / "a.parquet").read_bytes()


def npy() -> bytes:
    """Write vectors."""
    file = io.BytesIO()
    np.save(file, VECTORS)
    return file.getvalue()


def hdf5(folder: Path, options: tuple[str | None, dict[str, Any]]) -> bytes:
    """Write vectors, attributes and groups, so that there are heaps and trees to damage."""
    with h5py.File(folder / "a.h5", "w", libver=options[0]) as file:
        file.create_dataset("vectors", data=VECTORS, **options[1])
        file.attrs["said"] = "of variable length"
        for number in range(20):
            file[f"group {number}/a"] = number
    return (folder / "a.h5").read_bytes()


def export(folder: Path, box: Sandbox) -> bytes:
    """Export a small store."""
    (folder / "a.txt").write_text("\n".join(TEXTS))
    for command in (("embed", "a.txt"), ("cache", "export", "--out", "x.h5")):
        ended = box.run(folder, *command, *ENCODER)
        if ended.code:
            raise RuntimeError(ended.stderr)
    return (folder / "x.h5").read_bytes()

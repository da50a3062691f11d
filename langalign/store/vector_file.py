"""Plain files of vectors, as they go to and come from other tools: ``.npy``, ``.parquet``, ``.h5``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tokenize import TokenError
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from langalign.durable import replacing
from langalign.errors import DataError
from langalign.rehearsal import most_unpacked, rehearse
from langalign.store.hdf5 import new_hdf5, read_attribute
from langalign.store.shard import ALIGNER, BLOCK, read_header, require_finite
from langalign.types import Text, Vectors

_UNREADABLE = (
    OSError,
    ValueError,
    TypeError,
    OverflowError,
    RuntimeError,
    SyntaxError,
    TokenError,
    MemoryError,
)
"""What numpy raises for files that are no arrays."""

NPY, PARQUET, H5 = ENDINGS = (".npy", ".parquet", ".h5")

FINGERPRINT = b"langalign.fingerprint"
"""Where a Parquet file says of which encoder identity its vectors are."""

PARQUET_ALIGNER = b"langalign.aligner"
"""Where a Parquet file says which aligner moved its vectors."""


@dataclass(frozen=True)
class Origin:
    """What a file says of its vectors; empty where it says nothing.

    :param fingerprint: The encoder identity's, where ``cache export`` wrote the file.
    :param aligner: The aligner that moved them, where ``transform`` wrote the file.
    """

    fingerprint: str = ""
    aligner: str = ""


def require_ending(path: Path) -> None:
    """Refuse a file name whose ending is not one of :data:`ENDINGS`, before any work is done.

    :param path: The file.
    :raises DataError: If it is not.
    """
    if path.suffix not in ENDINGS:
        raise DataError(f"{path}: ends in {path.suffix!r}; choose one of: {', '.join(ENDINGS)}")


def holds_vectors(path: Path) -> bool:
    """Tell whether a file is of ready vectors rather than texts.

    :param path: Any path.
    :return: Whether it is an ``.npy`` or ``.h5`` file, or a Parquet file with a column ``vector``.
    """
    if path.suffix != PARQUET or not path.is_file():
        return path.suffix in (NPY, H5)
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return "vector" in pq.read_schema(path).names
    except pa.ArrowException:
        return False


def sidecars(path: Path) -> tuple[Path, Path]:
    """Name the files beside an ``.npy`` file that tell whose its vectors are: by key, and by text."""
    return path.with_suffix(".keys.npy"), path.with_suffix(".texts.jsonl")


def write_vectors(
    path: Path, vectors: Vectors, texts: Sequence[Text] | None = None, *, aligner: str = ""
) -> None:
    """Write vectors to a file, whole or not at all.

    :param path: ``.npy``: the array, and what an older export left beside it goes; ``.h5``: a dataset
        ``vectors``; ``.parquet``: a column ``vector`` and, where texts are given, ``text`` (and ``pair``).
    :param vectors: Shape: ``(N, D)``.
    :param texts: Their texts. Length: ``N``.
    :param aligner: What moved them; Parquet and ``.h5`` say so, that no store takes them for an encoder's.
    :raises DataError: If the ending is none of these.
    :raises StoreError: If the file cannot be written.
    """
    require_ending(path)
    with replacing(path) as temporary:
        if path.suffix == NPY:
            with temporary.open("wb") as file:
                np.save(file, vectors, allow_pickle=False)
            for beside in sidecars(path):
                beside.unlink(missing_ok=True)
        elif path.suffix == H5:
            with new_hdf5(temporary, vectors.nbytes) as file:
                file["vectors"] = vectors
                if aligner:
                    file.attrs[ALIGNER] = np.bytes_(aligner.encode(errors="replace"))
        else:
            _write_parquet(path, temporary, vectors, texts, aligner)


def recorded_origin(path: Path) -> Origin:
    """Tell whose a file's vectors are, as far as it says.

    :param path: A file of vectors.
    :return: What it says; an ``.npy`` file says nothing.
    :raises DataError: If it cannot be read at all, being no Parquet or HDF5 file.
    :raises DamageError: If what it says cannot be read.
    """
    if path.suffix == NPY:
        return Origin()
    reader = _h5_origin if path.suffix == H5 else parquet_origin
    rehearse(reader, path)
    return reader(path)


def read_vectors(path: Path) -> Vectors:
    """Read vectors of a file.

    :param path: A file as :func:`write_vectors` writes it.
    :return: Shape: ``(N, D)``, float32.
    :raises DataError: If it does not hold one two-dimensional array of numbers.
    :raises DamageError: If the numbers are not finite.
    """
    require_ending(path)
    if not path.is_file():
        raise DataError(f"{path}: no such file")
    if path.suffix == NPY:
        vectors = map_npy(path)
    else:
        reader = _read_h5 if path.suffix == H5 else read_parquet_vectors
        rehearse(reader, path)
        vectors = reader(path)
    require_numbers(path, vectors)
    with np.errstate(over="ignore"):  # what overflows is refused as infinite
        numbers: Vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    require_finite(numbers, str(path))
    return numbers


def require_numbers(path: Path, vectors: NDArray[Any]) -> None:
    """Refuse what is not one row of numbers for each text.

    :param path: The file that it was read from.
    :param vectors: An array of any shape and kind.
    :raises DataError: If it has not two dimensions, or holds text, objects or complex numbers.
    """
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        raise DataError(
            f"{path}: holds {vectors.dtype} of shape {vectors.shape}; each text needs one row of numbers"
        )


def read_parquet_vectors(path: Path) -> NDArray[Any]:
    """Read the column ``vector`` of a Parquet file.

    :param path: The file.
    :return: Shape: ``(N, D)``.
    :raises DataError: If there is no such column, or its lists differ in length.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        chunks = list(_parquet_chunks(path))
        widths = {width for chunk in chunks for width in pc.unique(pc.list_value_length(chunk)).to_pylist()}
        if len(widths) != 1 or None in widths:  # None: a list that is absent
            raise ValueError(f"lengths {', '.join(map(str, [*widths][:5])) or 'of no row'}")
        numbers: NDArray[Any] = np.concatenate([np.asarray(chunk.flatten()) for chunk in chunks])
        return numbers.reshape(-1, widths.pop())
    except (pa.ArrowException, OSError, KeyError, ValueError, TypeError) as error:
        raise DataError(f"{path}: has no column 'vector' of equally long lists: {error}") from error


def _parquet_chunks(path: Path) -> Iterator[Any]:
    import pyarrow.parquet as pq

    unpacked = 0
    file = pq.ParquetFile(path, pre_buffer=False)
    for batch in file.iter_batches(BLOCK, columns=["vector"], use_threads=False):
        unpacked += batch.nbytes
        _require_plausible(path, unpacked)
        yield batch["vector"]


def _require_plausible(path: Path, unpacked: int) -> None:
    """Refuse a small file that claims to hold very much before all of it is unpacked."""
    if unpacked > most_unpacked(path):
        raise ValueError(f"{path.stat().st_size:,} bytes claim to hold {unpacked:,} bytes of vectors")


def map_npy(path: Path) -> NDArray[Any]:
    """Map an ``.npy`` file.

    :param path: The file.
    :return: The array, read when it is needed.
    :raises DataError: If it is anything else, such as a pickle or an archive, or cut short.
    """
    try:
        array: NDArray[Any] = np.lib.format.open_memmap(path, mode="r")
    except _UNREADABLE as error:
        reason = str(error) or type(error).__name__
        raise DataError(f"{path}: is not a plain numpy array: {reason}") from error
    return array


def _read_h5(path: Path) -> NDArray[Any]:
    try:
        with h5py.File(path, "r", locking=False) as file:
            inside = isinstance(file.get("vectors", getlink=True), h5py.HardLink)
            dataset = file["vectors"] if inside else None
            if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
                raise ValueError("its 'vectors' is missing, a link, or kept in another file")
            if dataset.shape is None:
                raise ValueError("its 'vectors' holds nothing")
            _require_plausible(path, dataset.nbytes)
            array: NDArray[Any] = dataset[()]
    except (OSError, KeyError, ValueError, RuntimeError, TypeError) as error:
        raise DataError(f"{path}: its dataset 'vectors' cannot be used: {error}") from error
    return array


def text_columns(path: Path, texts: Sequence[Text]) -> list[Any]:
    """Lay out texts as Arrow columns.

    :param path: The file they are for.
    :param texts: ``N`` texts or sentence pairs.
    :return: Two Arrow arrays: the texts, and each pair's second text.
    :raises DataError: If a text is not Unicode; Arrow holds UTF-8 only.
    """
    import pyarrow as pa

    both = [(text, None) if isinstance(text, str) else text for text in texts]
    try:
        return [
            pa.array([first for first, _ in both], pa.string()),
            pa.array([second for _, second in both], pa.string()),
        ]
    except UnicodeEncodeError as error:
        raise DataError(f"{path}: a text cannot be written as UTF-8 ({error}); choose .npy") from error


def _write_parquet(
    path: Path, temporary: Path, vectors: Vectors, texts: Sequence[Text] | None, aligner: str
) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    }
    if texts is not None:
        columns |= zip(("text", "pair"), text_columns(path, texts), strict=True)
    told = {PARQUET_ALIGNER: aligner.encode(errors="replace")} if aligner else None
    pq.write_table(pa.table(columns, metadata=told), temporary)


def _h5_origin(path: Path) -> Origin:
    with h5py.File(path, "r", locking=False) as file:
        if ALIGNER in file.attrs:
            return Origin(aligner=read_attribute(file, ALIGNER, "S").decode(errors="replace"))
        exported = "header" in file.attrs
    return Origin(str(read_header(path)["fingerprint"]) if exported else "")


def parquet_origin(path: Path) -> Origin:
    """Read what a Parquet file says of itself, unguarded; see :func:`recorded_origin`."""
    import pyarrow.parquet as pq

    told = pq.read_schema(path).metadata or {}
    return Origin(
        *(bytes(told.get(key, b"")).decode(errors="replace") for key in (FINGERPRINT, PARQUET_ALIGNER))
    )

"""Plain files of vectors, as they go to and come from other tools: ``.npy``, ``.parquet``, ``.h5``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.errors import DataError
from langalign.store.durable import replacing
from langalign.store.shard import require_finite
from langalign.types import Text, Vectors

ENDINGS = (".npy", ".parquet", ".h5")


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
    if path.suffix != ".parquet" or not path.is_file():
        return path.suffix in (".npy", ".h5")
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return "vector" in pq.read_schema(path).names
    except pa.ArrowException:
        return False


def write_vectors(path: Path, vectors: Vectors, texts: Sequence[Text] | None = None) -> None:
    """Write vectors to a file, whole or not at all.

    :param path: ``.npy``: the array; ``.h5``: a dataset ``vectors``; ``.parquet``: a column ``vector``
        and, where texts are given, ``text`` (and ``pair``).
    :param vectors: Shape: ``(N, D)``.
    :param texts: Their texts. Length: ``N``.
    :raises DataError: If the ending is none of these.
    :raises StoreError: If the file cannot be written.
    """
    require_ending(path)
    with replacing(path) as temporary:
        if path.suffix == ".npy":
            with temporary.open("wb") as file:
                np.save(file, vectors, allow_pickle=False)
        elif path.suffix == ".h5":
            import h5py

            with h5py.File(temporary, "w") as file:
                file["vectors"] = vectors
        else:
            _write_parquet(temporary, vectors, texts)


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
    reader = {".npy": _read_npy, ".h5": _read_h5, ".parquet": read_parquet_vectors}[path.suffix]
    vectors = reader(path)
    if vectors.ndim != 2 or vectors.dtype.kind not in "fiu":
        raise DataError(
            f"{path}: holds {vectors.dtype} of shape {vectors.shape}; each text needs one row of numbers"
        )
    with np.errstate(over="ignore"):  # what overflows is refused as infinite
        numbers: Vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    require_finite(numbers, str(path))
    return numbers


def read_parquet_vectors(path: Path) -> NDArray[Any]:
    """Read the column ``vector`` of a Parquet file.

    :param path: The file.
    :return: Shape: ``(N, D)``.
    :raises DataError: If there is no such column, or its lists differ in length.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        column = pq.read_table(path, columns=["vector"])["vector"]
        lists = [np.asarray(chunk.flatten()).reshape(len(chunk), -1) for chunk in column.chunks if len(chunk)]
        stacked: NDArray[Any] = np.vstack(lists)
    except (pa.ArrowException, OSError, KeyError, ValueError, AttributeError) as error:
        raise DataError(f"{path}: has no column 'vector' of equally long lists: {error}") from error
    return stacked


def _read_npy(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as error:
        raise DataError(f"{path}: is not a plain numpy array: {error}") from error
    return array


def _read_h5(path: Path) -> NDArray[Any]:
    import h5py

    try:
        with h5py.File(path, "r", locking=False) as file:
            inside = isinstance(file.get("vectors", getlink=True), h5py.HardLink)
            dataset = file["vectors"] if inside else None
            if not isinstance(dataset, h5py.Dataset) or dataset.is_virtual or dataset.external:
                raise ValueError("its 'vectors' is missing, a link, or kept in another file")
            array: NDArray[Any] = dataset[()]
    except (OSError, KeyError, ValueError, RuntimeError) as error:
        raise DataError(f"{path}: has no dataset 'vectors' of its own: {error}") from error
    return array


def _write_parquet(path: Path, vectors: Vectors, texts: Sequence[Text] | None) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    columns: dict[str, Any] = {
        "vector": pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    }
    if texts is not None:
        columns["text"] = pa.array([text if isinstance(text, str) else text[0] for text in texts])
        columns["pair"] = pa.array(
            [None if isinstance(text, str) else text[1] for text in texts], pa.string()
        )
    pq.write_table(pa.table(columns), path)

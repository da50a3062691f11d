from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from langalign.durable import write_durably
from langalign.errors import DamageError
from langalign.store.shard import Shard, key_order, open_shard, shard_image

RNG = np.random.default_rng(0)
KEYS = RNG.integers(0, 256, (40, 16), dtype=np.uint8)
VECTORS = RNG.standard_normal((40, 12)).astype(np.float32)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "shard.h5"
    write_durably(path, shard_image(KEYS, VECTORS, "f"))
    return path


def reopen(path: Path) -> Shard:
    return open_shard(path, "f", 12, "float32")


def served_wrongly(path: Path) -> bool:
    """Open, find and read everything; tell whether a wrong vector came out without an error."""
    try:
        shard = reopen(path)
        rows = shard.find(KEYS)
        return bool((rows < 0).any()) or not np.array_equal(shard.read(rows), VECTORS)
    except DamageError as error:
        return str(path) not in str(error)


def test_rows_are_found_by_key_and_read_back(path: Path) -> None:
    shard = reopen(path)
    np.testing.assert_array_equal(shard.read(shard.find(KEYS)), VECTORS)
    assert (shard.find(RNG.integers(0, 256, (20, 16), dtype=np.uint8)) == -1).all()


def test_a_row_that_is_not_finite_is_named_by_its_number_in_the_file(path: Path) -> None:
    vectors = VECTORS.copy()
    vectors[key_order(KEYS)[30]] = np.inf
    path.write_bytes(shard_image(KEYS, vectors, "f"))
    with pytest.raises(DamageError, match=r"shard\.h5: row 30 holds NaN or infinite"):
        reopen(path).read(np.arange(25, 35))


def test_plain_h5py_reads_the_same(path: Path) -> None:
    order = key_order(KEYS)
    with h5py.File(path) as file:
        np.testing.assert_array_equal(file["vectors"][:], VECTORS[order])
        np.testing.assert_array_equal(file["keys"][:], KEYS[order])


def test_keys_that_share_their_first_eight_bytes_are_told_apart(tmp_path: Path) -> None:
    keys = np.zeros((6, 16), np.uint8)
    keys[:, 15] = [5, 1, 3, 2, 0, 4]
    path = tmp_path / "shard.h5"
    write_durably(path, shard_image(keys, VECTORS[:6], "f"))
    shard = reopen(path)
    np.testing.assert_array_equal(shard.read(shard.find(keys)), VECTORS[:6])
    absent = np.zeros((1, 16), np.uint8)
    absent[0, 15] = 9
    assert shard.find(absent).tolist() == [-1]


@given(arrays.arrays(np.uint8, st.tuples(st.integers(0, 30), st.just(16)), elements=st.integers(0, 2)))
def test_key_order_sorts_as_python_sorts_bytes(keys: np.ndarray) -> None:
    ordered = [keys[row].tobytes() for row in key_order(keys)]
    assert ordered == sorted({key.tobytes() for key in keys})


@settings(deadline=None, max_examples=400)
@given(st.data())
def test_no_flipped_bit_is_ever_served(tmp_path_factory: pytest.TempPathFactory, data: st.DataObject) -> None:
    image = bytearray(shard_image(KEYS, VECTORS, "f"))
    at = data.draw(st.integers(0, len(image) - 1))
    image[at] ^= 1 << data.draw(st.integers(0, 7))
    path = tmp_path_factory.mktemp("flip") / "shard.h5"
    path.write_bytes(image)
    assert not served_wrongly(path)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_no_cut_file_is_ever_served(path: Path, share: float) -> None:
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * share)])
    with pytest.raises(DamageError, match="not a whole shard"):
        reopen(path)


def with_dataset_replaced(path: Path, tmp_path: Path, how: str) -> None:
    other = tmp_path / "other.h5"
    with h5py.File(other, "w") as file:
        file["vectors"] = VECTORS
    with h5py.File(path, "r+") as file:
        del file["vectors"]
        if how == "external link":
            file["vectors"] = h5py.ExternalLink(str(other), "/vectors")
        elif how == "soft link":
            file["vectors"] = h5py.SoftLink("/keys")
        elif how == "external data":
            (tmp_path / "raw").write_bytes(VECTORS.tobytes())
            file.create_dataset(
                "vectors", VECTORS.shape, "<f4", external=[(str(tmp_path / "raw"), 0, VECTORS.nbytes)]
            )
        elif how == "virtual":
            layout = h5py.VirtualLayout(VECTORS.shape, "<f4")
            layout[:] = h5py.VirtualSource(str(other), "vectors", VECTORS.shape)
            file.create_virtual_dataset("vectors", layout)
        elif how == "chunked":
            file.create_dataset("vectors", data=VECTORS, chunks=(4, 12))
        elif how == "group":
            file.create_group("vectors")


@pytest.mark.parametrize(
    "how", ["external link", "soft link", "external data", "virtual", "chunked", "group"]
)
def test_what_could_lead_out_of_the_file_is_refused(path: Path, tmp_path: Path, how: str) -> None:
    with_dataset_replaced(path, tmp_path, how)
    with pytest.raises(DamageError, match="refused"):
        reopen(path)


def test_a_further_member_is_refused(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file["more"] = [1]
    with pytest.raises(DamageError, match="in place of"):
        reopen(path)


@pytest.mark.parametrize(
    ("fingerprint", "width", "storage"), [("g", 12, "float32"), ("f", 13, "float32"), ("f", 12, "float16")]
)
def test_a_shard_of_another_store_is_refused(path: Path, fingerprint: str, width: int, storage: str) -> None:
    with pytest.raises(DamageError, match="its header says"):
        open_shard(path, fingerprint, width, storage)


def test_a_file_that_is_gone_is_told_from_a_damaged_one(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        reopen(tmp_path / "gone.h5")


def test_rows_stay_readable_after_the_file_is_removed(path: Path) -> None:
    shard = reopen(path)
    path.unlink()
    np.testing.assert_array_equal(shard.read(shard.find(KEYS)), VECTORS)


def test_numbers_in_another_byte_order_are_refused_though_their_bytes_are_right(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        rows = file["vectors"][:]
        del file["vectors"]
        file.create_dataset("vectors", data=rows.view(">f4"))
    with pytest.raises(DamageError, match="'vectors' holds >f4"):
        reopen(path)


def test_objects_are_never_made_of_stored_bytes(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        del file["vectors"]
        file.create_dataset("vectors", (40, 12), h5py.string_dtype())
        file["vectors"][0, 0] = "x"
    with pytest.raises(DamageError, match="'vectors' holds object"):
        reopen(path)


def test_a_header_of_variable_length_is_not_read(path: Path) -> None:
    with h5py.File(path, "r+") as file:
        file.attrs["header"] = file.attrs["header"].decode()
    with pytest.raises(DamageError, match="'header' holds object"):
        reopen(path)


def test_a_shard_keeps_one_file_open(path: Path) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))
    shard = reopen(path)
    assert len(list(Path("/proc/self/fd").iterdir())) == before + 1
    assert shard.size == path.stat().st_size

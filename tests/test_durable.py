from __future__ import annotations

import ctypes
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from langalign.durable import exchange, explained, replacing, replacing_folder
from langalign.errors import DataError, StoreError
from tests.full_disk import room_for


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for name in ("one", "other"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    return tmp_path / "one", tmp_path / "other"


def test_two_folders_are_exchanged_or_nothing_is_done(folders: tuple[Path, Path]) -> None:
    done = exchange(*folders)
    found = [(folder / "file").read_text() for folder in folders]
    assert found == (["other", "one"] if done else ["one", "other"])


def test_a_folder_that_is_not_there_is_an_error(folders: tuple[Path, Path], tmp_path: Path) -> None:
    if not exchange(*folders):
        pytest.skip("this file system cannot exchange folders")
    with pytest.raises(FileNotFoundError, match="No such file"):
        exchange(folders[0], tmp_path / "nowhere")


def test_a_system_that_cannot_says_so(folders: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda *_, **__: object())
    assert not exchange(*folders)


def save_weights(path: Path) -> None:
    save_file({"w": np.ones(10_000)}, path)


def save_tokenizer(path: Path) -> None:
    vocabulary = {f"word {number}": number for number in range(1000)}
    Tokenizer(WordLevel(vocabulary, unk_token="word 0")).save(str(path))


@pytest.mark.parametrize("save", [save_weights, save_tokenizer])
def test_a_disk_that_takes_no_model_is_told_in_one_line(tmp_path: Path, save: Callable[[Path], None]) -> None:
    path = tmp_path / "model"
    told = pytest.raises(StoreError, match=f"^cannot write {path}: File too large; what was stored")
    with room_for(1000), told, replacing(path) as temporary:
        save(temporary)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_takes_its_place_whole(tmp_path: Path) -> None:
    place = tmp_path / "a" / "b" / "made"
    with replacing_folder(place) as making:
        (making / "deep").mkdir()
        (making / "deep" / "file").write_text("x")
        assert not place.exists()
    assert [path.name for path in place.rglob("*")] == ["deep", "file"]
    assert [path.name for path in place.parent.iterdir()] == ["made"]


def test_a_folder_is_replaced_only_where_that_is_asked_for(folders: tuple[Path, Path]) -> None:
    one = folders[0]
    with pytest.raises(StoreError, match=f"^cannot write {one}: Directory not empty"), replacing_folder(one):
        pass
    assert (one / "file").read_text() == "one"
    with replacing_folder(one, over=True) as making:
        (making / "new").touch()
    assert [path.name for path in one.iterdir()] == ["new"]
    assert sorted(path.name for path in one.parent.iterdir()) == ["one", "other"]


def test_a_folder_that_cannot_be_filled_leaves_what_stood_there(folders: tuple[Path, Path]) -> None:
    one = folders[0]
    told = pytest.raises(StoreError, match=f"^cannot write {one}: No such file")
    with told, replacing_folder(one, over=True) as making:
        (making / "nowhere" / "new").touch()
    assert [path.name for path in one.iterdir()] == ["file"]
    assert sorted(path.name for path in one.parent.iterdir()) == ["one", "other"]


def test_an_error_of_another_kind_stays_what_it_is(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="x"), explained("write y"):
        raise KeyError("x")
    with pytest.raises(DataError, match=r"^as told"), explained("write y"):
        raise DataError("as told (os error 28)")

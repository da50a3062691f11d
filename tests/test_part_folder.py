from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from langalign import durable
from langalign.durable import exchange
from langalign.errors import DamageError, DataError, IdentityError, StoreError
from langalign.part_folder import (
    SavedPart,
    check_encoder,
    check_fields,
    check_free,
    encoder_record,
    load_part,
    save_part,
)
from langalign.types import Identity
from tests.store.toy import ToyEncoder

PART = SavedPart(
    {"name": "x", "more": [1, None]}, {"w": np.arange(6, dtype=np.float32).reshape(2, 3)}, [{"a": 1.5}]
)


def test_a_part_comes_back_as_it_was(tmp_path: Path) -> None:
    save_part(tmp_path / "deep" / "part", "head", PART)
    found = load_part(tmp_path / "deep" / "part", "head")
    assert (found.config, found.history) == (PART.config, PART.history)
    np.testing.assert_array_equal(found.state["w"], PART.state["w"])
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["part"]


def test_the_working_folder_itself_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(DataError, match="cannot be replaced by a saved head"):
        save_part(Path(), "head", PART)
    assert Path.cwd() == tmp_path


def test_a_link_stays_and_leads_to_the_new_part(tmp_path: Path) -> None:
    newer = SavedPart({**PART.config, "name": "y"}, PART.state, PART.history)
    save_part(tmp_path / "v1", "head", PART)
    (tmp_path / "current").symlink_to("v1")
    save_part(tmp_path / "current", "head", newer)
    assert load_part(tmp_path / "current", "head").config["name"] == "y"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["current", "v1"]


def test_folders_are_copied_along(tmp_path: Path) -> None:
    save_part(tmp_path / "aligner", "aligner", PART)
    save_part(tmp_path / "head", "head", PART, {"aligner": tmp_path / "aligner"})
    assert load_part(tmp_path / "head" / "aligner", "aligner").config == PART.config


@pytest.mark.parametrize("name", ["head.json", "weights.safetensors", "history.json"])
def test_every_bit_counts(tmp_path: Path, name: str) -> None:
    save_part(tmp_path / "part", "head", PART)
    path = tmp_path / "part" / name
    whole = path.read_bytes()
    for at in range(len(whole)):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << (at % 8)
        path.write_bytes(damaged)
        if damaged.split() != whole.split():  # white space between JSON tokens says nothing
            with pytest.raises(DamageError):
                load_part(tmp_path / "part", "head")


@pytest.mark.parametrize("name", ["weights.safetensors", "history.json"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    save_part(tmp_path / "part", "head", PART)
    (tmp_path / "part" / name).unlink()
    with pytest.raises(DamageError, match=name):
        load_part(tmp_path / "part", "head")


def test_what_is_not_a_part_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no saved head, as it holds no head\.json"):
        load_part(tmp_path, "head")


def test_a_folder_with_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("keep")
    with pytest.raises(DataError, match="not a saved head"):
        check_free(tmp_path, "head")
    with pytest.raises(DataError, match="is a file"):
        save_part(tmp_path / "notes.txt", "head", PART)
    (tmp_path / "empty").mkdir()
    save_part(tmp_path / "empty", "head", PART)
    assert load_part(tmp_path / "empty", "head").config == PART.config


def test_a_full_disk_leaves_the_older_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_part(tmp_path / "part", "head", PART)

    def no_space(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(durable, "sync", no_space)
    with pytest.raises(StoreError, match="No space left on device"):
        save_part(tmp_path / "part", "head", SavedPart({"name": "y"}, {}, []))
    assert load_part(tmp_path / "part", "head").config == PART.config
    assert [path.name for path in tmp_path.iterdir()] == ["part"]


def test_another_encoder_is_refused_with_both_names() -> None:
    toy = ToyEncoder()
    record = encoder_record(toy)
    check_encoder(record, toy.identity, "the head")
    other = Identity("toy", "other", "1")
    with pytest.raises(IdentityError, match=f"{toy.identity.fingerprint}.*{other.fingerprint}"):
        check_encoder(record, other, "the head")


@pytest.mark.parametrize("folder", [".", "..", "x/.."])
def test_a_folder_that_cannot_be_replaced_is_refused_before_any_work(folder: str) -> None:
    with pytest.raises(DataError, match="name a folder of its own"):
        check_free(Path(folder), "head")


def test_an_older_part_is_replaced_in_one_step(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_part(tmp_path / "a", "head", PART)
    save_part(tmp_path / "b", "head", PART)
    if not exchange(tmp_path / "a", tmp_path / "b"):
        pytest.skip("this file system cannot exchange folders")

    def killed(*_: object) -> None:
        raise AssertionError("the folder would be missing if the process were killed now")

    monkeypatch.setattr(Path, "rename", killed)
    save_part(tmp_path / "a", "head", SavedPart({"name": "y"}, {}, []))
    assert load_part(tmp_path / "a", "head").config == {"name": "y"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "b"]


def test_where_folders_cannot_be_exchanged_the_older_part_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "exchange", lambda made, folder: False)
    save_part(tmp_path / "part", "head", PART)
    save_part(tmp_path / "part", "head", SavedPart({"name": "y"}, {}, []))
    assert load_part(tmp_path / "part", "head").config == {"name": "y"}
    assert [path.name for path in tmp_path.iterdir()] == ["part"]


def test_what_stood_there_stands_there_again_when_the_last_step_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable, "exchange", lambda made, folder: False)
    save_part(tmp_path / "part", "head", PART)
    rename = Path.rename

    def busy(path: Path, target: Path) -> Path:
        if path.suffix == ".tmp":
            raise OSError(16, "Device or resource busy")
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", busy)
    with pytest.raises(StoreError, match="busy"):
        save_part(tmp_path / "part", "head", PART)
    assert load_part(tmp_path / "part", "head").config == PART.config
    assert [path.name for path in tmp_path.iterdir()] == ["part"]


def test_fields_of_the_right_types_pass() -> None:
    check_fields({"a": {"b": 1}, "c": None}, {"a.b": int, "c": str | None})


@pytest.mark.parametrize(
    "config", [{"a": {"b": "1"}}, {"a": {"b": 0}}, {"a": {"b": []}}, {"a": 3}, {"a": []}]
)
def test_a_field_of_another_type_is_refused(config: dict) -> None:
    with pytest.raises(TypeError):
        check_fields(config, {"a.b": int})


def test_a_field_that_is_missing_is_refused() -> None:
    with pytest.raises(KeyError, match="b"):
        check_fields({"a": {}}, {"a.b": int})

"""A saved aligner is complete, belongs to its encoder, and is refused when damaged."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from langalign.aligners import fit_pairs, load_aligner, save_aligner
from langalign.errors import DamageError, DataError, IdentityError
from langalign.part_folder import load_part, save_part
from langalign.types import Identity


class ToyEncoder:
    """As much of an encoder as a folder records."""

    def __init__(self, name: str) -> None:
        self.spec = f"hashing[name={name}]"
        self.identity = Identity("hashing", name, "1")


ENGLISH, KOREAN = ToyEncoder("english"), ToyEncoder("korean")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save(tmp_path / "aligner")
    return tmp_path / "aligner"


def save(folder: Path, name: str = "linear", **options: object) -> None:
    rng = np.random.default_rng(0)
    source = rng.standard_normal((40, 4)).astype(np.float32)
    fitted = fit_pairs(name, source, 2 * source, groups=np.arange(40), seed=7, **options)
    save_aligner(fitted, folder, ENGLISH, KOREAN)


def test_the_folder_tells_everything(folder: Path) -> None:
    assert {path.name for path in folder.iterdir()} == {"aligner.json", "history.json", "weights.safetensors"}
    config = json.loads((folder / "aligner.json").read_text())
    assert config["name"] == "linear"
    assert config["options"] == {"keep_target": False, "pull": "identity", "penalty": None}
    assert config["direction"] == "source-to-target"
    assert config["encoders"]["source"]["spec"] == ENGLISH.spec
    assert config["encoders"]["target"]["identity"] == KOREAN.identity.to_json()
    assert (config["seed"], config["train_pairs"], config["validation_pairs"]) == (7, 36, 4)
    assert config["before"]["cosine_mean"] == pytest.approx(1.0)
    assert len(json.loads((folder / "history.json").read_text())) == 8


def test_it_takes_vectors_of_the_side_it_moves(folder: Path, tmp_path: Path) -> None:
    forward = load_aligner(folder)
    assert forward.moves == "source"
    forward.check(ENGLISH.identity)
    with pytest.raises(IdentityError, match=r"hashing\[name=english\].*not of hashing:korean"):
        forward.check(KOREAN.identity)
    forward.check(KOREAN.identity, "target")
    save(tmp_path / "reversed", reverse=True)
    backward = load_aligner(str(tmp_path / "reversed"))
    assert (backward.moves, backward.direction) == ("target", "target-to-source")
    backward.check(KOREAN.identity)


def test_an_older_aligner_is_replaced_and_anything_else_is_not(folder: Path, tmp_path: Path) -> None:
    save(folder, "identity")
    assert load_aligner(folder).config["name"] == "identity"
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.txt").write_text("years of work")
    with pytest.raises(DataError, match="holds something that is not a saved aligner"):
        save(tmp_path / "thesis")
    assert (tmp_path / "thesis" / "chapter.txt").read_text() == "years of work"


@pytest.mark.parametrize("name", ["aligner.json", "weights.safetensors", "history.json"])
def test_a_flipped_bit_or_a_missing_file_is_noticed(folder: Path, name: str) -> None:
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(DamageError, match="cannot be used"):
        load_aligner(folder)
    (folder / name).unlink()
    with pytest.raises((DamageError, DataError), match=r"aligner"):
        load_aligner(folder)


def test_a_folder_that_is_no_aligner_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"is no saved aligner, as it holds no aligner\.json"):
        load_aligner(tmp_path)


def test_auto_needs_nothing_but_its_folder(tmp_path: Path) -> None:
    save(tmp_path / "auto", "auto", options={"candidates": "identity,procrustes"})
    loaded = load_aligner(tmp_path / "auto")
    assert [entry["candidate"] for entry in loaded.aligner.history_] == ["identity", "procrustes"]
    assert loaded.transform(np.ones((2, 4), np.float32)).shape == (2, 4)


@pytest.mark.parametrize("field", ["direction", "encoders", "options", "widths"])
def test_a_record_with_something_else_in_it_is_one_clear_error(folder: Path, field: str) -> None:
    part = load_part(folder, "aligner")
    save_part(folder, "aligner", replace(part, config={**part.config, field: -1}))
    with pytest.raises(DamageError, match=r"cannot be rebuilt: .*aligner again"):
        load_aligner(folder)

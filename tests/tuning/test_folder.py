"""The folder of a tuned encoder is there whole or not at all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from langalign.errors import StoreError
from langalign.tuning._folder import save_tuned
from langalign.tuning.full import FullTuner
from tests.full_disk import room_for
from tests.tuning.toy import network_of


def test_a_full_disk_is_one_line_and_leaves_nothing(model: Path, tmp_path: Path) -> None:
    network, out = network_of(model, FullTuner()), tmp_path / "made"
    with room_for(10_000), pytest.raises(StoreError, match=f"^cannot write {out}: .*File too large"):
        save_tuned(out, network.backbone, network.head, model, {}, 0.0)
    assert list(tmp_path.iterdir()) == []


def test_whatever_a_tokenizer_may_read_comes_along(model: Path, tmp_path: Path) -> None:
    base = shutil.copytree(model, tmp_path / "base")
    (base / "bpe.codes").write_text("h e\n")
    (base / "modules.json").write_text("[]")
    (base / "README.md").write_text("#")
    network, out = network_of(base, FullTuner()), tmp_path / "made"
    save_tuned(out, network.backbone, network.head, base, {}, 0.0)
    names = {path.name for path in out.iterdir()}
    assert {"bpe.codes", "tokenizer.json", "config.json", "model.safetensors"} <= names
    assert not {"modules.json", "README.md"} & names

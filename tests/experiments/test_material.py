"""The texts of an experiment: several sources read as one, pairs kept distinct and apart from the test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from langalign.errors import SpecError
from langalign.experiments import load_spec
from langalign.experiments.material import Material
from langalign.experiments.prepare import read_material
from tests.experiments.scene import SMALL, write_spec


def material(folder: Path, **changes: Any) -> Material:
    return read_material(load_spec(write_spec(folder, **changes)), None)


def pairs_of(
    folder: Path, rows: list[tuple[str, str]], *, spec: dict[str, Any] | None = None, **options: Any
) -> list[tuple[Any, Any]]:
    """Read pairs out of a file, as an experiment would whose test holds the texts t1 and t2."""
    (folder / "pairs.tsv").write_text("source\ttarget\n" + "".join(f"{a}\t{b}\n" for a, b in rows))
    (folder / "test.tsv").write_text("premise\thypothesis\tlabel\nt1\tt2\tentailment\n")
    test = {"data": str(folder / "test.tsv"), "text_column": "premise", "pair_column": "hypothesis"}
    pairs = {"data": str(folder / "pairs.tsv"), "sizes": [1], **options}
    read = material(
        folder,
        source={"data": "sample-nli:train.en"},
        test=test,
        pairs=pairs,
        native=None,
        translation=None,
        methods=["english"],
        sizes=[1],
        **(spec or {}),
    )
    assert read.pairs is not None
    return [*zip(read.pairs.source, read.pairs.target, strict=True)]


def test_several_data_are_read_one_after_the_other(tmp_path: Path) -> None:
    names = ["sample-sentiment:train.en", "sample-sentiment:test.en"]
    changes = {"source": {"data": names}, "translation": None, "methods": ["english"]}
    source = material(tmp_path, **changes).source
    assert source is not None
    parts = [material(tmp_path, **{**changes, "source": {"data": [name]}}).source for name in names[:1]]
    assert (source.name, len(source), len(source.labels)) == (" + ".join(names), 240 + 96, 240 + 96)
    assert parts[0] is not None
    assert source.texts[:240] == parts[0].texts


def test_equal_pairs_are_kept_once_where_asked(tmp_path: Path) -> None:
    rows = [("a", "b"), ("a", "b"), ("a", "c")]
    assert pairs_of(tmp_path, rows) == rows
    assert pairs_of(tmp_path, rows, distinct=True) == [("a", "b"), ("a", "c")]


def test_pairs_with_a_tested_text_are_left_out_where_asked(tmp_path: Path) -> None:
    rows = [("a", "t1"), ("t2", "b"), ("a", "b")]
    assert pairs_of(tmp_path, rows) == rows
    assert pairs_of(tmp_path, rows, untested=True) == [("a", "b")]


def test_native_rows_that_are_tested_are_left_out(tmp_path: Path) -> None:
    changes = {"test": SMALL["native"], "methods": ["english"], "native": SMALL["native"]}
    native = material(tmp_path, **changes).native
    assert native is not None
    assert len(native) == 0


def test_single_texts_for_a_joint_encoder_are_refused_before_it_is_tuned(tmp_path: Path) -> None:
    tune = {"encoder": None, "tune": {"model": "none", "rows": 1}}
    with pytest.raises(SpecError, match="pairs: the head takes sentence pairs that are encoded jointly, but"):
        pairs_of(tmp_path, [("a", "b")], spec=tune)
    apart = {**tune, "head": {"name": "linear", "pair_features": "sentence"}}
    assert pairs_of(tmp_path, [("a", "b")], spec=apart) == [("a", "b")]

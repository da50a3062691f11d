"""Transform: texts, and vectors that are ready, through a saved aligner."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from langalign import load_aligner, open_store
from langalign.store.vector_file import read_vectors
from tests.cli.conftest import Command
from tests.cli.fitted import fit


@pytest.mark.parametrize("ending", ["npy", "parquet", "h5"])
def test_texts_and_ready_vectors_are_carried_over_alike(
    langalign: Command, tmp_path: Path, ending: str
) -> None:
    fit(langalign, "a")
    (tmp_path / "texts.txt").write_text("one\ntwo\none\n", encoding="utf-8")
    out = f"moved.{ending}"
    result = langalign("transform", "texts.txt", "--aligner", "a", "--out", out, "--json", "--quiet").json
    assert (result["rows"], result["width"]) == (3, 64)
    vectors = open_store("hashing[width=64]").vectors(["one", "two", "one"])
    np.save(tmp_path / "ready.npy", vectors)
    langalign("transform", "ready.npy", "--aligner", "a", "--out", "again.npy", "--json", "--quiet")
    expected = load_aligner(tmp_path / "a").transform(vectors)
    np.testing.assert_array_equal(np.load(tmp_path / "again.npy"), expected)
    if ending == "parquet":
        assert pq.read_table(tmp_path / out)["text"].to_pylist() == ["one", "two", "one"]
    np.testing.assert_array_equal(read_vectors(tmp_path / out), expected)


@pytest.mark.parametrize("ending", ["parquet", "npy", "h5"])
def test_ready_vectors_keep_their_texts(langalign: Command, tmp_path: Path, ending: str) -> None:
    fit(langalign, "a")
    (tmp_path / "texts.txt").write_text("one\ntwo\n영화\n", encoding="utf-8")
    assert langalign("embed", "texts.txt", "-q").exit_code == 0
    exported = ("cache", "export", "--texts", "texts.txt", "--out", f"e.{ending}", "-q")
    assert langalign(*exported).exit_code == 0
    for data, out in (("texts.txt", "expected.parquet"), (f"e.{ending}", "moved.parquet")):
        assert langalign("transform", data, "--aligner", "a", "--out", out, "-q").exit_code == 0
    expected, moved = (pq.read_table(tmp_path / f"{name}.parquet") for name in ("expected", "moved"))
    assert expected["text"].to_pylist() == ["one", "two", "영화"]
    if ending == "h5":  # which knows keys only
        assert moved.column_names == ["vector"]
    else:
        assert moved.equals(expected)


def test_texts_beside_other_vectors_are_refused(langalign: Command, tmp_path: Path) -> None:
    fit(langalign, "a")
    np.save(tmp_path / "v.npy", np.ones((2, 64), np.float32))
    (tmp_path / "v.texts.jsonl").write_text('"only one"\n')
    transform = ("transform", "v.npy", "--aligner", "a", "-q", "--out")
    assert "v.npy: holds 2 rows for 1 texts" in langalign(*transform, "m.parquet").error
    assert langalign(*transform, "m.npy").exit_code == 0  # which holds no texts


@pytest.mark.parametrize("ending", ["parquet", "h5"])
def test_moved_vectors_are_neither_moved_again_nor_taken_for_an_encoders(
    langalign: Command, tmp_path: Path, ending: str
) -> None:
    fit(langalign, "a")
    (tmp_path / "texts.txt").write_text("one\ntwo\none\n", encoding="utf-8")
    out = f"moved.{ending}"
    langalign("transform", "texts.txt", "--aligner", "a", "--out", out, "--quiet")
    again = langalign("transform", out, "--aligner", "a", "--out", "twice.npy", "--quiet").error
    assert f"{out}: holds vectors that went through the aligner a already" in again
    assert "went through" in langalign("cache", "import", out, "--cache", "other").error
    assert not (tmp_path / "other").exists()


def test_texts_of_an_export_do_not_stay_beside_moved_vectors(langalign: Command, tmp_path: Path) -> None:
    fit(langalign, "a")
    (tmp_path / "texts.txt").write_text("one\ntwo\n", encoding="utf-8")
    langalign("embed", "texts.txt", "--quiet")
    langalign("cache", "export", "--texts", "texts.txt", "--out", "x.npy")
    assert langalign("embed", "x.texts.jsonl", "--json").json["texts"] == 2
    langalign("transform", "texts.txt", "--aligner", "a", "--out", "x.npy", "--quiet")
    assert "name the texts with --texts" in langalign("cache", "import", "x.npy", "--cache", "other").error


@pytest.mark.parametrize(("data", "out"), [("e.parquet", "./e.parquet"), ("e.texts.jsonl", "e.npy")])
def test_what_is_transformed_is_not_overwritten(
    langalign: Command, tmp_path: Path, data: str, out: str
) -> None:
    fit(langalign, "a")
    (tmp_path / data).write_text('{"text": "one"}\n')
    assert "choose another --out" in langalign("transform", data, "--aligner", "a", "--out", out).error
    assert (tmp_path / data).read_text() == '{"text": "one"}\n'


def test_bad_rows_that_are_left_out_are_counted(langalign: Command, tmp_path: Path) -> None:
    fit(langalign, "a")
    (tmp_path / "texts.txt").write_text("one\n\ntwo\n", encoding="utf-8")
    transform = ("transform", "texts.txt", "--aligner", "a", "--out", "o.npy", "--json", "-q")
    assert "line 2" in langalign(*transform).error
    told = langalign(*transform, "--skip-bad").json
    assert (told["rows"], told["skipped"]) == (2, 1)


def test_a_reversed_aligner_takes_the_target_sides_texts(langalign: Command, tmp_path: Path) -> None:
    fit(langalign, "a", "--reverse", "--target-encoder", "hashing[width=32]")
    (tmp_path / "texts.txt").write_text("하나\n", encoding="utf-8")
    arguments = ("transform", "texts.txt", "--aligner", "a", "--out", "moved.npy", "--json", "--quiet")
    assert langalign(*arguments).json["width"] == 64
    assert len(open_store("hashing[width=32]").vectors(["하나"])) == 1

"""One folder for everything that is kept, wherever it is asked for."""

from __future__ import annotations

from pathlib import Path

import pytest

import langalign
from benchmarks.quality import __main__ as quality
from langalign.cache import cache_folder


@pytest.mark.parametrize(
    ("given", "variable", "expected"),
    [
        (None, None, "cache"),
        (None, "", "cache"),
        ("", "", "cache"),
        (None, "there", "there"),
        ("here", "there", "here"),
        (Path("~/here"), None, "HOME/here"),
        (None, "~/there", "HOME/there"),
    ],
)
def test_the_folder_is_the_one_named_else_that_of_the_environment(
    monkeypatch: pytest.MonkeyPatch, given: str | Path | None, variable: str | None, expected: str
) -> None:
    monkeypatch.setenv("HOME", "HOME")
    monkeypatch.delenv("LANGALIGN_CACHE")
    if variable is not None:
        monkeypatch.setenv("LANGALIGN_CACHE", variable)
    assert cache_folder(given) == Path(expected)


def test_vectors_are_kept_in_the_home_folder_where_the_environment_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LANGALIGN_CACHE", "~/kept")
    langalign.embed(["one"], "hashing")
    assert len(langalign.open_store("hashing", tmp_path / "home" / "kept")) == 1
    assert not (tmp_path / "~").exists()


@pytest.mark.parametrize(("variable", "expected"), [("", "cache"), ("~/kept", "HOME/kept")])
def test_the_benchmark_of_quality_takes_the_same_folder(
    monkeypatch: pytest.MonkeyPatch, variable: str, expected: str
) -> None:
    monkeypatch.setenv("HOME", "HOME")
    monkeypatch.setenv("LANGALIGN_CACHE", variable)
    monkeypatch.setattr("sys.argv", ["quality"])
    assert quality._arguments().cache == Path(expected)

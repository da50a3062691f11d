from __future__ import annotations

from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import langalign
from langalign.errors import DataError


def test_embed_stores_and_gives_vectors_in_order(tmp_path: Path) -> None:
    texts = ["one", "two", "one"]
    vectors = langalign.embed(texts, "hashing", cache=tmp_path)
    np.testing.assert_array_equal(vectors[0], vectors[2])
    store = langalign.open_store("hashing", tmp_path)
    assert len(store) == 2
    np.testing.assert_array_equal(store.vectors(texts), vectors)


def test_the_cache_is_taken_from_the_environment(tmp_path: Path) -> None:
    langalign.embed(["one"], langalign.build_encoder("hashing"))
    assert len(langalign.open_store("hashing", tmp_path / "cache")) == 1


def test_a_single_string_is_no_list_of_texts(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="texts is a single string; give a list of texts"):
        langalign.embed("hello", "hashing", cache=tmp_path)


def test_a_series_is_read_by_position_whatever_its_index(tmp_path: Path) -> None:
    texts = ["one", "a longer text", "three"]
    series = pytest.importorskip("pandas").Series(texts, index=[2, 0, 1])
    expected = langalign.build_encoder("hashing").encode(texts)
    np.testing.assert_array_equal(langalign.embed(series, "hashing", cache=tmp_path), expected)
    np.testing.assert_array_equal(langalign.open_store("hashing", tmp_path).vectors(series), expected)


def test_texts_may_come_from_a_generator(tmp_path: Path) -> None:
    vectors = langalign.embed((text for text in ["one", "two"]), "hashing", cache=tmp_path)
    np.testing.assert_array_equal(vectors, langalign.build_encoder("hashing").encode(["one", "two"]))


@pytest.mark.parametrize(
    ("texts", "says"),
    [
        (["a", None], r"texts\[1\] is of type NoneType"),
        ([float("nan")], r"texts\[0\] is of type float"),
        (["a", "b", 3], r"texts\[2\] is of type int"),
        ([b"a"], r"texts\[0\] is of type bytes"),
        ([("a", "b", "c")], r"texts\[0\] is of type tuple of 3"),
        ([("a", None)], r"texts\[0\] is of type tuple of 2"),
        (None, "texts is a single NoneType"),
        (["a", "b\ud800"], r"texts\[1\] holds half a surrogate pair"),
        ([("a", "\udc00")], r"texts\[0\] holds half a surrogate pair"),
    ],
)
@pytest.mark.parametrize("encoder", ["hashing", "use-multilingual"])
def test_what_is_no_text_is_named_by_its_position(
    tmp_path: Path, texts: Any, says: str, encoder: str
) -> None:
    with pytest.raises(DataError, match=says):
        langalign.embed(texts, encoder, cache=tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_store_takes_no_single_string_either(tmp_path: Path) -> None:
    langalign.embed(["a", "b"], "hashing", cache=tmp_path)
    with pytest.raises(DataError, match="texts is a single string"):
        langalign.open_store("hashing", tmp_path).vectors("ab")


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    langalign.embed(["one"], "hashing", cache="~/vectors")
    assert len(langalign.open_store("hashing", tmp_path / "home" / "vectors")) == 1


def test_the_version_is_told() -> None:
    assert langalign.__version__ == version("langalign")

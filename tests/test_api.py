from __future__ import annotations

from pathlib import Path

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

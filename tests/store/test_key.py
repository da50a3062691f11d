from __future__ import annotations

import hashlib

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from langalign.store import row_keys

anything = st.text(st.characters(exclude_categories=[]))  # lone surrogates too


def test_a_key_is_blake2b_of_the_utf8_bytes() -> None:
    expected = hashlib.blake2b("안녕".encode(), digest_size=16, person=b"langalign-text").digest()
    assert row_keys(["안녕"]).tobytes() == expected


def test_framing_keeps_pairs_and_joined_texts_apart() -> None:
    keys = row_keys(["abc", ("ab", "c"), ("a", "bc"), ("abc", ""), ("", "abc")])
    assert len({key.tobytes() for key in keys}) == 5


def test_texts_are_never_normalised() -> None:
    keys = row_keys(["é", "e\u0301", "É", " é", "é\n"])
    assert len({key.tobytes() for key in keys}) == 5


def test_no_texts_have_no_keys() -> None:
    assert row_keys([]).shape == (0, 16)


@given(st.lists(anything | st.tuples(anything, anything)))
def test_equal_texts_and_only_those_have_equal_keys(texts: list[str | tuple[str, str]]) -> None:
    keys = row_keys(texts)
    assert keys.dtype == np.uint8
    assert len({key.tobytes() for key in keys}) == len(set(texts))

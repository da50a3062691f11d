from __future__ import annotations

import pytest

from langalign.characters import half_character
from langalign.types import Text, parts


@pytest.mark.parametrize("text", ["\ud800", "a\udfffb", ("a", "\udc00"), ("\ud83d", "\ude00")])
def test_half_a_surrogate_pair_is_told_with_its_place(text: Text) -> None:
    assert half_character(text, "row 3").startswith(
        "row 3 holds half a surrogate pair, which is no character"
    )


@pytest.mark.parametrize("text", ["", "안녕", "😀", ("a", "😀")])
def test_characters_are_no_problem(text: Text) -> None:
    assert half_character(text, "row 3") == ""


def test_a_text_is_its_one_part_and_a_pair_has_two() -> None:
    assert (parts("ab"), parts(("a", "b"))) == (("ab",), ("a", "b"))

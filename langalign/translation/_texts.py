"""What may be translated: single texts with something in them."""

from __future__ import annotations

from collections.abc import Iterable

from langalign.characters import half_character
from langalign.errors import DataError
from langalign.store.texts import text_list


def single_texts(texts: Iterable[str]) -> list[str]:
    """Take texts out of whatever holds them, before anything is paid for.

    :param texts: Any iterable of ``N`` texts.
    :return: The texts. Length: ``N``.
    :raises DataError: If it is a single string or empty, or one of them is empty, no text or a pair.
    """
    singles: list[str] = []
    for row, text in enumerate(text_list(texts)):
        if not isinstance(text, str):
            raise DataError(f"text {row + 1:,} is a sentence pair; give its two sentences as texts")
        if not text.strip():
            raise DataError(f"text {row + 1:,} is empty; leave it out")
        if problem := half_character(text, f"text {row + 1:,}"):
            raise DataError(problem)
        singles.append(text)
    if not singles:
        raise DataError("there is no text to translate; give at least one")
    return singles

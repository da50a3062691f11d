"""What may be embedded: texts and sentence pairs, and nothing that only looks like a list of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from langalign.characters import half_character
from langalign.errors import DataError
from langalign.types import Text


def text_list(texts: Iterable[Text]) -> list[Text]:
    """Take texts out of whatever holds them, once and in order.

    A generator gives its texts only once, and a pandas Series finds them by label, not by position.

    :param texts: Any iterable of ``N`` texts or sentence pairs.
    :return: The texts. Length: ``N``.
    :raises DataError: If it is a single string, or something in it is no text.
    """
    if isinstance(texts, str) or not isinstance(texts, Iterable):
        kind = "string" if isinstance(texts, str) else type(texts).__name__
        raise DataError(f"texts is a single {kind}; give a list of texts")
    return [text if isinstance(text, str) else _pair(number, text) for number, text in enumerate(texts)]


def require_characters(texts: Sequence[Text]) -> None:
    """Refuse texts that no tokenizer can read.

    :param texts: ``N`` texts or sentence pairs.
    :raises DataError: If one of them holds half a surrogate pair.
    """
    for number, text in enumerate(texts):
        if problem := half_character(text, f"texts[{number}]"):
            raise DataError(problem)


def _pair(number: int, text: Any) -> tuple[str, str]:
    if isinstance(text, tuple | list) and len(text) == 2 and all(isinstance(part, str) for part in text):
        return text[0], text[1]
    told = f"{type(text).__name__} of {len(text)}" if isinstance(text, tuple | list) else type(text).__name__
    raise DataError(f"texts[{number}] is of type {told}; each must be a string or a pair of strings")

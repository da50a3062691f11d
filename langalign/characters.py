"""What no text may hold: half a surrogate pair, as JSON can spell it."""

from __future__ import annotations

from langalign.types import Text, parts


def half_character(text: Text, where: str) -> str:
    """Look for half a surrogate pair, which no tokenizer reads and UTF-8 cannot spell.

    :param text: A text or a sentence pair.
    :param where: What the problem shall name, such as ``texts[3]``.
    :return: The problem in one line; empty if there is none.
    """
    try:
        for part in parts(text):
            part.encode()
    except UnicodeEncodeError:
        return f"{where} holds half a surrogate pair, which is no character; decode it anew or leave it out"
    return ""

"""Row keys: what a stored vector is found by."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from langalign.types import Keys, Text

KEY_BYTES = 16
WORD = np.dtype(">u8")
"""Half a key as a number; numbers are ordered as the bytes are."""

_PAIR = blake2b(digest_size=KEY_BYTES, person=b"langalign-pair")
_SINGLE = blake2b(digest_size=KEY_BYTES, person=b"langalign-text")


def row_keys(texts: Sequence[Text]) -> Keys:
    """Hash texts exactly as they are.

    A key is BLAKE2b-128 of the text's UTF-8 bytes. Sentence pairs are hashed under another
    personalisation, with the first text's length in front, so ``("ab", "c")``, ``("a", "bc")`` and
    ``"abc"`` have three keys. Lone surrogates are kept (``surrogatepass``).

    :param texts: ``N`` texts or sentence pairs.
    :return: Keys. Shape: ``(N, 16)``.
    """
    joined = b"".join(map(_digest, texts))
    return np.frombuffer(joined, dtype=np.uint8).reshape(-1, KEY_BYTES)


def key_order(keys: Keys) -> NDArray[np.int64]:
    """Sort keys and drop repeats.

    :param keys: Shape: ``(n, 16)``.
    :return: Row numbers, by ascending key, the first row of each key only.
    """
    words = np.ascontiguousarray(keys).view(WORD).astype(np.uint64)  # (n, 2)
    order: NDArray[np.int64] = np.lexsort((words[:, 1], words[:, 0]))
    if len(order) == 0:
        return order
    ordered = words[order]
    order = order[np.concatenate([[True], (ordered[1:] != ordered[:-1]).any(axis=1)])]
    return order


def _digest(text: Text) -> bytes:
    if isinstance(text, str):
        hashed = _SINGLE.copy()
        hashed.update(text.encode("utf-8", "surrogatepass"))
        return hashed.digest()
    first, second = (part.encode("utf-8", "surrogatepass") for part in text)
    hashed = _PAIR.copy()
    hashed.update(len(first).to_bytes(8, "little") + first + second)
    return hashed.digest()

"""The few calls that most programs need."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from langalign.cache import cache_folder
from langalign.encoders import build
from langalign.store import Store, fill
from langalign.store.texts import require_characters, text_list
from langalign.types import Encoder, Progress, Text, Vectors


def open_store(encoder: str | Encoder, cache: Path | str | None = None) -> Store:
    """Open the store of an encoder.

    :param encoder: A SPEC such as ``use-multilingual``, or an encoder.
    :param cache: Folder of all stores; by default ``LANGALIGN_CACHE``, else ``./cache``.
    :return: The store.
    :raises SpecError: If the SPEC does not parse.
    :raises StoreError: If the store is damaged.
    """
    built = build(encoder) if isinstance(encoder, str) else encoder
    return Store(cache_folder(cache), built.identity)


def embed(
    texts: Iterable[Text],
    encoder: str | Encoder = "use-multilingual",
    *,
    cache: Path | str | None = None,
    progress: Progress | None = None,
) -> Vectors:
    """Give the vectors of texts, embedding only those that are not stored yet.

    :param texts: ``N`` texts, or sentence pairs where the encoder takes them jointly.
    :param encoder: A SPEC, or an encoder.
    :param cache: Folder of all stores; by default ``LANGALIGN_CACHE``, else ``./cache``.
    :param progress: Is told distinct texts done and in all.
    :return: Vectors. Shape: ``(N, D)``.
    :raises DataError: If ``texts`` is a single string, or one of them is no text or holds half a character.
    :raises SpecError: If the SPEC does not parse.
    :raises StoreError: If the store is damaged or cannot be written.
    """
    texts = text_list(texts)
    require_characters(texts)
    built = build(encoder) if isinstance(encoder, str) else encoder
    store = open_store(built, cache)
    fill(built, store, texts, progress=progress)
    return store.vectors(texts)

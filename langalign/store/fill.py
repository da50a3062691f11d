"""The embedding loop: whatever is not stored yet is embedded once, in well-filled batches.

Texts are tokenised once, ordered by token length, and put into batches whose padded size stays within
the encoder's token budget. The ids of that one tokenisation are the ones the model is fed, so the
order costs nothing extra. Rows are committed as whole shards at least every five seconds.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.errors import ShapeError
from langalign.store.compact import MERGE_EVERY, merge_small
from langalign.store.key import key_order, row_keys
from langalign.store.store import Store
from langalign.store.texts import text_list
from langalign.types import Encoder, Keys, Progress, Text

WINDOW = 16_384
"""Texts that are tokenised and ordered together; bounds the memory that ids take."""

SHARD_SECONDS = 5.0
"""Embedding time after which rows are committed."""

SHARD_BYTES = 64 * 2**20
"""Size at which rows are committed even sooner."""


@dataclass(frozen=True)
class FillReport:
    """What :func:`fill` did.

    :param texts: Texts given.
    :param unique: Distinct ones among them.
    :param cached: Distinct ones that were stored already.
    :param embedded: Distinct ones embedded now.
    :param seconds: From the first text to the last commit, the model's loading not counted.
    """

    texts: int
    unique: int
    cached: int
    embedded: int
    seconds: float

    def to_json(self) -> dict[str, Any]:
        """Give the figures, with the rate in texts per second."""
        rate = self.texts / self.seconds if self.seconds > 0 else 0.0
        return {**asdict(self), "texts_per_second": rate}


def fill(
    encoder: Encoder,
    store: Store,
    texts: Iterable[Text],
    *,
    progress: Progress | None = None,
    shard_seconds: float = SHARD_SECONDS,
) -> FillReport:
    """Embed the texts that are not stored, and store them.

    A kill loses at most the rows of the last ``shard_seconds``; an interrupt (Ctrl-C) loses none that
    were embedded. Answers that cost money are stored batch by batch.

    :param encoder: Embeds.
    :param store: The encoder identity's store.
    :param texts: ``N`` texts, repeats welcome.
    :param progress: Is told distinct texts done and in all.
    :param shard_seconds: Seconds of embedding after which rows are committed.
    :return: What was done.
    :raises DataError: If one of them is no text.
    :raises ShapeError: If the encoder does not give one vector for each text.
    :raises StoreError: If rows cannot be written; what was committed before is kept.
    """
    begin = time.perf_counter()
    texts = text_list(texts)
    keys, fresh, unique = missing_rows(store, texts)
    loading = _load_if_needed(encoder, len(fresh))
    writer = _Writer(store, 0.0 if encoder.paid else shard_seconds)
    cached = unique - len(fresh)
    if progress:
        progress(cached, unique)
    try:
        for batch, ids in batches(encoder, texts, fresh):
            writer.add(keys[batch], _embed(encoder, ids, store))
            if progress:
                progress(cached + writer.rows, unique)
    finally:
        writer.commit()
    if len(fresh):
        merge_small(store)
    seconds = time.perf_counter() - begin - loading
    return FillReport(len(texts), unique, cached, len(fresh), seconds)


def missing_rows(store: Store, texts: Sequence[Text]) -> tuple[Keys, NDArray[np.int64], int]:
    """Find what a call to :func:`fill` would have to embed.

    :param store: The encoder identity's store.
    :param texts: ``N`` texts.
    :return: All keys ``(N, 16)``; the first row of each distinct text that is not stored, in the
        order of the texts; and the number of distinct texts.
    """
    keys = row_keys(texts)
    first = np.sort(key_order(keys))
    return keys, first[~store.has(keys[first])], len(first)


def _load_if_needed(encoder: Encoder, fresh: int) -> float:
    """Load the model before timing starts; tell the seconds it took."""
    begin = time.perf_counter()
    if fresh:
        encoder.load()
    return time.perf_counter() - begin


def batches(
    encoder: Encoder, texts: Sequence[Text], rows: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.int64], list[Any]]]:
    """Cut texts into batches of like token length.

    :param encoder: Tokenises, and tells its budget.
    :param texts: ``N`` texts.
    :param rows: Which of them to take.
    :yield: Row numbers and ids of each batch, the longest texts of a window first, so that a batch
        that is too large for the memory shows at once.
    """
    for start in range(0, len(rows), WINDOW):
        window = rows[start : start + WINDOW]
        ids, lengths = encoder.tokenize([texts[row] for row in window])
        order = np.argsort(-lengths, kind="stable")
        for part in _within_budget(lengths[order], encoder.batch_tokens, encoder.batch_rows):
            batch = order[part]
            yield window[batch], [ids[item] for item in batch]


def _within_budget(lengths: NDArray[np.int64], tokens: int, most_rows: int) -> Iterator[slice]:
    """Cut descending lengths so that rows × longest stays within the budget."""
    start = 0
    while start < len(lengths):
        longest = max(int(lengths[start]), 1)
        stop = start + max(1, min(most_rows, tokens // longest))
        yield slice(start, stop)
        start = stop


def _embed(encoder: Encoder, ids: list[Any], store: Store) -> NDArray[Any]:
    vectors = encoder.embed(ids)
    if vectors.ndim != 2 or len(vectors) != len(ids):
        raise ShapeError(
            f"{encoder.identity} gave vectors of shape {vectors.shape} for {len(ids)} texts; nothing of "
            "this batch was stored"
        )
    return store.as_stored(vectors)


class _Writer:
    """Collects rows and commits them as shards."""

    def __init__(self, store: Store, seconds: float) -> None:
        self._store, self._seconds = store, seconds
        self._parts: list[tuple[Keys, NDArray[Any]]] = []
        self._commits = 0
        self._since = time.monotonic()
        self.rows = 0

    def add(self, keys: Keys, vectors: NDArray[Any]) -> None:
        self._parts.append((keys, vectors))
        self.rows += len(keys)
        waited = time.monotonic() - self._since
        if waited >= self._seconds or sum(part.nbytes for _, part in self._parts) >= SHARD_BYTES:
            self.commit()
            self._commits += 1
            if self._commits % MERGE_EVERY == 0:
                merge_small(self._store)

    def commit(self) -> None:
        if self._parts:
            keys, vectors = zip(*self._parts, strict=True)
            self._store.append(np.concatenate(keys), np.concatenate(vectors))
            self._parts = []  # only now: an interrupt before this line writes the rows once more
        self._since = time.monotonic()

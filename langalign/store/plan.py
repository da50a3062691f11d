"""What ``embed --dry-run`` tells: what is new, how long it will take, what it will cost."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from langalign.store.fill import WINDOW, batches, missing_rows
from langalign.store.store import Store
from langalign.store.texts import text_list
from langalign.types import Encoder, Text

PROBE_TEXTS = 256
"""New texts that are embedded, and thrown away, to tell the rate."""


@dataclass(frozen=True)
class Plan:
    """What :func:`plan` foresees.

    :param texts: Texts given.
    :param unique: Distinct ones.
    :param cached: Distinct ones that are stored.
    :param to_embed: Distinct ones that are not.
    :param tokens: Tokens of those; for a remote service an upper estimate.
    :param seconds: Estimated embedding time; None where a service would have to be asked.
    :param cost: Estimated price in US dollars; None where there is no price, or it is not known.
    """

    texts: int
    unique: int
    cached: int
    to_embed: int
    tokens: int
    seconds: float | None
    cost: float | None

    def to_json(self) -> dict[str, Any]:
        """Give the figures."""
        return asdict(self)


def plan(encoder: Encoder, store: Store, texts: Iterable[Text], price: float | None = None) -> Plan:
    """Foresee a :func:`~langalign.store.fill.fill`, storing and paying nothing.

    :param encoder: Tokenises all new texts and, unless it is paid, embeds a few of them.
    :param store: The encoder identity's store.
    :param texts: ``N`` texts.
    :param price: US dollars for a million tokens.
    :return: The estimate.
    :raises DataError: If one of them is no text.
    """
    texts = text_list(texts)
    _, fresh, unique = missing_rows(store, texts)
    tokens = _count_tokens(encoder, texts, fresh)
    seconds: float | None = None
    if not encoder.paid:
        # Spread over all new texts, so that long and short ones are met in their proportion.
        probe = fresh[:: max(1, len(fresh) // PROBE_TEXTS)][:PROBE_TEXTS]
        seconds = _time(encoder, texts, probe) * len(fresh) / len(probe) if len(fresh) else 0.0
    cost = None if price is None or not encoder.paid else tokens * price / 1e6
    return Plan(len(texts), unique, unique - len(fresh), len(fresh), tokens, seconds, cost)


def _count_tokens(encoder: Encoder, texts: Sequence[Text], rows: Any) -> int:
    windows = (rows[start : start + WINDOW] for start in range(0, len(rows), WINDOW))
    return sum(int(encoder.tokenize([texts[row] for row in window])[1].sum()) for window in windows)


def _time(encoder: Encoder, texts: Sequence[Text], rows: Any) -> float:
    encoder.load()
    begin = time.perf_counter()
    for _, ids in batches(encoder, texts, rows):
        encoder.embed(ids)
    return time.perf_counter() - begin

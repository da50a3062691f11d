"""The step that most commands begin with: texts become stored vectors, each embedded once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from langalign_cli import _render
from langalign_cli._options import Common

if TYPE_CHECKING:
    from langalign.encoders.base import BaseEncoder
    from langalign.store import FillReport, StoredRows
    from langalign.types import Text


def stored_rows(
    texts: Sequence[Text], encoder: BaseEncoder, common: Common, title: str = "embed"
) -> tuple[StoredRows, FillReport]:
    """Embed what is not stored yet and give the rows of all texts.

    :param texts: ``N`` texts.
    :param encoder: The frozen encoder.
    :param common: Tells the cache and whether to show progress.
    :param title: What the progress bar says.
    :return: Rows read when needed, shape ``(N, D)``, and what had to be embedded.
    """
    from langalign.store import Store, fill

    store = Store(common.cache, encoder.identity)
    with _render.progress(title, "texts", quiet=common.quiet) as progress:
        report = fill(encoder, store, texts, progress=progress)
    return store.rows(texts), report


def drawn_rows(rows: int, limit: int | None, seed: int) -> list[int]:
    """Draw rows at random, keeping their order; files are often sorted by label.

    :param rows: How many there are.
    :param limit: How many to draw; all of them if not given.
    :param seed: Seed of the draw.
    :return: Their numbers, ascending.
    """
    import numpy as np

    if limit is None or limit >= rows:
        return list(range(rows))
    drawn: list[int] = np.sort(np.random.default_rng(seed).permutation(rows)[:limit]).tolist()
    return drawn

"""``langalign embed``: texts into the store, each once."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from langalign_cli import _render
from langalign_cli._command import Outcome
from langalign_cli._options import Common, Reading, TextColumns

if TYPE_CHECKING:
    from langalign.encoders.base import BaseEncoder
    from langalign.store import Store
    from langalign.types import Text


def command(
    data: Annotated[
        list[str],
        typer.Argument(metavar="DATA...", help="Files, datasets such as nsmc:test, or hf:owner/name:split."),
    ],
    common: Common,
    columns: TextColumns,
    reading: Reading,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell what is new, how long, what it costs.")
    ] = False,
    price: Annotated[
        float | None, typer.Option(help="US dollars for a million tokens, for --dry-run with openai:.")
    ] = None,
) -> Outcome:
    """Embed texts that are not stored yet. Can be interrupted and run again."""
    begin = time.perf_counter()
    from langalign.corpora import read_texts
    from langalign.encoders import build
    from langalign.store import Store

    corpora = [read_texts(one, columns.options(reading)) for one in data]
    texts: list[Text] = [text for corpus in corpora for text in corpus.texts]
    encoder = build(common.encoder_spec(), device=common.device)
    store = Store(common.cache, encoder.identity)
    figures = _plan(encoder, store, texts, price) if dry_run else _fill(encoder, store, texts, common)
    skipped = sum(corpus.skipped for corpus in corpora)
    return Outcome(
        {
            **figures,
            "wall_seconds": time.perf_counter() - begin,
            "skipped": skipped,
            "encoder": encoder.spec,
            "store": str(store.folder),
        }
    )


def _fill(encoder: BaseEncoder, store: Store, texts: list[Text], common: Common) -> dict[str, Any]:
    from langalign.store import fill

    with _render.progress("embed", "texts", quiet=common.quiet) as progress:
        return fill(encoder, store, texts, progress=progress).to_json()


def _plan(encoder: BaseEncoder, store: Store, texts: list[Text], price: float | None) -> dict[str, Any]:
    from langalign.store.plan import plan

    return {"dry_run": True, **plan(encoder, store, texts, price).to_json()}

"""``langalign cache``: what is stored, whether it is whole, and ways in and out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from langalign.cache import cache_folder
from langalign_cli import _render
from langalign_cli._command import Outcome
from langalign_cli._options import Common, Reading, TextColumns

if TYPE_CHECKING:
    from langalign.corpora import Corpus
    from langalign.encoders.base import BaseEncoder
    from langalign.store import Store


def list_stores(common: Common) -> Outcome:
    """List the stores of the cache; exit with 1 if one of them is damaged."""
    from langalign.store import Store

    return _each(common, lambda folder: _described(Store.from_folder(folder)))


def verify_stores(
    common: Common,
    mend: Annotated[
        bool, typer.Option("--mend", help="Set damaged shards aside and keep their good rows.")
    ] = False,
) -> Outcome:
    """Check every stored row; exit with 1 if anything is damaged."""
    from langalign.store.encoder_file import ENCODER_FILE
    from langalign.store.verify import verify

    _require_cache(common)
    found = []
    for folder in _folders(common):
        with _render.progress(folder.name, "shards", quiet=common.quiet) as progress:
            found.append(verify(folder, mend=mend, progress=progress))
    bad = [one for result in found for one in result.bad]
    data: dict[str, Any] = {
        "stores": len(found),
        "shards": sum(result.shards for result in found),
        "rows": sum(result.rows for result in found),
        "bad": [{"file": str(one.file), "problem": one.problem, "lost_rows": one.lost_rows} for one in bad],
        "mended": any(result.mended for result in found),
    }
    left = [one.problem for result in found if not result.mended for one in result.bad]
    files = data["shards"] + sum(one.file.name == ENCODER_FILE for one in bad)
    failure = f"{len(left)} of {files} files are damaged; the first: {left[0]}" if left else None
    return Outcome(data, failure=failure)


def compact_stores(common: Common) -> Outcome:
    """Rewrite each store as few full shards, each row once; exit with 1 if one of them is damaged."""
    from langalign.store import Store
    from langalign.store.compact import compact

    def compacted(folder: Path) -> dict[str, Any]:
        store = Store.from_folder(folder)
        shards = len(store.shards)
        with _render.progress(folder.name, "rows", quiet=common.quiet) as progress:
            duplicates = compact(store, progress)
        return {**_described(store), "shards_before": shards, "duplicates": duplicates}

    _require_cache(common)
    return _each(common, compacted)


def _require_cache(common: Common) -> None:
    """Refuse a cache that is not there; in its usual place, nothing may have been embedded yet."""
    from langalign.errors import DataError

    if common.cache != cache_folder() and not common.cache.exists():
        raise DataError(f"{common.cache}: no such folder; name the folder of stored vectors with --cache")


def _folders(common: Common) -> list[Path]:
    """List the folders of all stores, or that of the encoder that was asked for."""
    from langalign.errors import DataError
    from langalign.store.verify import store_folders

    if common.cache.exists() and not common.cache.is_dir():
        raise DataError(f"{common.cache}: is no folder; name the folder of stored vectors with --cache")
    folders = store_folders(common.cache)
    if not (common.encoder and folders):
        return folders
    identity = _encoder(common).identity
    folder = common.cache / identity.folder_name
    if folder not in folders:
        raise DataError(
            f"{common.cache}: holds no store of {identity}; 'langalign cache list' lists them all"
        )
    return [folder]


def _each(common: Common, describe: Callable[[Path], dict[str, Any]]) -> Outcome:
    """Describe store after store, going on past those that cannot be used."""
    from langalign.errors import StoreError

    stores, problems = [], []
    for folder in _folders(common):
        try:
            stores.append(describe(folder))
        except StoreError as error:
            problems.append(str(error))
            stores.append({"folder": str(folder), "problem": str(error)})
    failure = None
    if problems:
        failure = f"{len(problems)} of {len(stores)} stores cannot be used; the first: {problems[0]}"
    return Outcome({"cache": str(common.cache), "stores": stores}, failure=failure)


def export_stores(
    common: Common,
    columns: TextColumns,
    reading: Reading,
    out: Annotated[Path, typer.Option(help="FILE.npy, FILE.parquet or FILE.h5.")],
    texts: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="Texts to export, as for 'langalign embed': each once, in .h5 in the order of their keys.",
        ),
    ] = None,
) -> Outcome:
    """Write the vectors of an encoder to one file: all of them by key, or those of given texts."""
    from langalign.store import Store
    from langalign.store.exchange import export_rows

    store, corpus = Store(common.cache, _encoder(common).identity), _read(texts, columns, reading)
    rows = export_rows(store, out, corpus.texts if corpus else None)
    return Outcome(
        {
            "encoder": common.encoder_spec(),
            "rows": rows,
            "skipped": corpus.skipped if corpus else 0,
            "width": store.width,
            "out": str(out),
        }
    )


def import_stores(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="FILE.npy, FILE.parquet or FILE.h5.")],
    common: Common,
    columns: TextColumns,
    reading: Reading,
    texts: Annotated[
        str | None, typer.Option(metavar="DATA", help="The texts, where the file does not tell them itself.")
    ] = None,
) -> Outcome:
    """Take vectors of an encoder out of a file into its store."""
    from langalign.store import Store
    from langalign.store.exchange import import_rows

    encoder, corpus = _encoder(common), _read(texts, columns, reading)
    store = Store(common.cache, encoder.identity)
    rows = import_rows(store, file, corpus.texts if corpus else None, width=encoder.width)
    return Outcome(
        {
            "encoder": common.encoder_spec(),
            "imported": rows,
            "rows": len(store),
            "skipped": corpus.skipped if corpus else 0,
            "store": str(store.folder),
        }
    )


def _encoder(common: Common) -> BaseEncoder:
    from langalign.encoders import build

    return build(common.encoder_spec(), device=common.device)


def _read(data: str | None, columns: TextColumns, reading: Reading) -> Corpus | None:
    from langalign.corpora import read_texts

    return None if data is None else read_texts(data, columns.options(reading))


def _described(store: Store) -> dict[str, Any]:
    size = sum(shard.size for shard in store.shards)
    return {
        "encoder": f"{store.identity.kind}:{store.identity.name}",
        "fingerprint": store.identity.fingerprint,
        "rows": len(store),
        "shards": len(store.shards),
        "width": store.width,
        "storage": store.identity.storage,
        "megabytes": round(size / 1e6, 3),
        "folder": str(store.folder),
    }

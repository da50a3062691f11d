"""What ``--dry-run`` tells: the grid, what is there already, what would have to be made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langalign.cache import cache_folder
from langalign.encoders import build
from langalign.errors import BadRowError, DataError, LangalignError
from langalign.experiments._sources import foreseen
from langalign.experiments.bench import Bench, needed, unencoded
from langalign.experiments.cells import cell_path
from langalign.experiments.checks import check_material
from langalign.experiments.embedding import embeddable, silent
from langalign.experiments.grid import Cell, expand
from langalign.experiments.material import assemble, readers
from langalign.experiments.prepare import make_bench, pins, translatable, translate_rows
from langalign.experiments.spec import Spec
from langalign.paths import user_path
from langalign.store import Store
from langalign.store.fill import missing_rows

UNKNOWN = ("reused", "to_run", "aligners", "heads", "to_embed", "to_translate", "translation_cost")
"""What can only be told where data and encoder are at hand."""


def dry_run(
    spec: Spec,
    *,
    out: Path | str,
    cache: Path | str | None = None,
    data_dir: Path | str | None = None,
    device: str = "auto",
) -> dict[str, Any]:
    """Foresee an experiment; nothing is written, embedded or paid.

    Data or an encoder that this machine lacks is said to be unchecked, since a large experiment is often
    written on another machine than it runs on.

    :param spec: The experiment.
    :param out: Its folder.
    :param cache: Folder of all stores; by default ``LANGALIGN_CACHE``, else ``./cache``.
    :param data_dir: Folder of published datasets; by default ``LANGALIGN_DATA``, else the hub.
    :param device: Torch device.
    :return: ``cells``, ``reused``, ``to_run``, ``aligners`` and ``heads`` to fit, texts ``to_embed`` and
        ``to_translate``, what translating costs in US dollars as ``translation_cost`` (None where that cannot
        be told), ``unchecked``, and the tables ``data`` and ``grid``.
    :raises SpecError: If more rows are asked for than there are, or the data does not fit together.
    """
    out, cache = user_path(out), cache_folder(cache)
    cells = expand(spec)
    read, unchecked = _read(spec, data_dir)
    data = [{"data": key, "rows": len(read[key]) if key in read else None} for key in readers(spec, data_dir)]
    material = assemble(spec, read)
    check_material(spec, material)
    told: dict[str, Any] = dict.fromkeys(UNKNOWN)
    if not unchecked:
        try:
            # What is translated, and paid, does not depend on the encoder.
            bench = unencoded(spec, material, out=out, cache=cache, device=device)
            told |= _translating(bench, cells)
            if told["to_translate"] == 0:  # the memory has it all, so nothing is sent
                material = translate_rows(bench, cells, silent).material
        except LangalignError as error:
            unchecked.append(f"translation: {error}")
    if spec.tune:
        unchecked.append(f"encoder: is tuned first, on {spec.tune.rows:,} rows")
    elif not unchecked:
        try:
            _require_models(spec, device)
        except LangalignError as error:
            unchecked.append(f"encoder: {error}")
        else:
            bench = make_bench(spec, material, str(spec.encoder), out=out, cache=cache, device=device)
            if told["to_translate"] == 0:  # what depends on their text cannot be told before it is there
                told |= _missing(bench, cells)
    return {"cells": len(cells), **told, "unchecked": unchecked, "data": data, "grid": _grid(cells)}


def _read(spec: Spec, data_dir: Path | str | None) -> tuple[dict[str, Any], list[str]]:
    """Read what is at hand, and tell what is not."""
    read, unchecked = {}, []
    for key, reader in readers(spec, data_dir).items():
        try:
            read[key] = reader()
        except BadRowError:
            raise
        except DataError as error:
            unchecked.append(f"{key}: {error}")
    return read, unchecked


def _require_models(spec: Spec, device: str) -> None:
    """Fail where the encoder or a model to tune is not on this machine."""
    _ = build(str(spec.encoder), device=device).identity
    pins(spec)


def _missing(bench: Bench, cells: Sequence[Cell]) -> Mapping[str, Any]:
    pending = [cell for cell in cells if not cell_path(bench.out, bench.cell_key(cell)).is_file()]
    light = [cell for cell in pending if not bench.heavy(cell)]
    aligners = {bench.aligner_key(cell) for cell in light} - {None}
    heads = {bench.head_key(cell) for cell in light} - {None}
    store = Store(bench.cache, build(bench.encoder, device=bench.device).identity)
    return {
        "reused": len(cells) - len(pending),
        "to_run": len(pending),
        "aligners": sum(not (bench.out / "aligners" / str(key)).exists() for key in aligners),
        "heads": sum(not (bench.out / "heads" / str(key)).exists() for key in heads),
        "to_embed": len(missing_rows(store, embeddable(bench, light))[1]),
    }


def _translating(bench: Bench, cells: Sequence[Cell]) -> Mapping[str, Any]:
    """Tell how much a translator gets to do, and what that costs; None if no price is known."""
    chosen, rows = bench.spec.translation, translatable(bench, cells)
    if chosen is None or not rows:
        return {"to_translate": 0, "translation_cost": 0.0}
    source = needed(bench.material.source).texts
    estimate = foreseen([source[row] for row in rows], chosen, cache=bench.cache)
    return {"to_translate": estimate.texts, "translation_cost": estimate.cost}


def _grid(cells: Sequence[Cell]) -> list[dict[str, Any]]:
    rows = []
    for name in dict.fromkeys(cell.method for cell in cells):
        own = [cell for cell in cells if cell.method == name]
        rows.append(
            {
                "method": name,
                "does": own[0].does.does,
                "pairs": sorted({cell.pairs for cell in own if cell.pairs}),
                "sizes": sorted({cell.size for cell in own if cell.size}),
                "seeds": sorted({cell.seed for cell in own}),
                "cells": len(own),
            }
        )
    return rows

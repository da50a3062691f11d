"""Embeds what cells need and the store lacks, and records how long a text takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import TypeAlias

from langalign.experiments.bench import Bench, needed
from langalign.experiments.cells import read_measure, write_measure
from langalign.experiments.grid import Cell
from langalign.experiments.work import opened
from langalign.store import fill
from langalign.types import Progress, Text

Stages: TypeAlias = Callable[[str, str], AbstractContextManager[Progress | None]]
"""Opens a stage by title and unit, and gives what is told its progress."""


def silent(title: str, unit: str) -> AbstractContextManager[Progress | None]:
    """Tell nobody how far a stage has come."""
    return nullcontext()


def embed_cells(bench: Bench, cells: Sequence[Cell], stages: Stages) -> None:
    """Embed whatever cells need and the store lacks.

    :param bench: What all cells share.
    :param cells: The cells.
    :param stages: Opens what shows progress.
    """
    texts = embeddable(bench, cells)
    if not texts:
        return
    encoder, store = opened(bench.encoder, bench.device, bench.cache)
    with stages("embed", "texts") as progress:
        report = fill(encoder, store, texts, progress=progress)
    if report.embedded:
        before = read_measure(bench.out, bench.fingerprint)
        write_measure(
            bench.out,
            bench.fingerprint,
            texts=before.get("texts", 0) + report.embedded,
            seconds=before.get("seconds", 0.0) + report.seconds,
        )


def embeddable(bench: Bench, cells: Sequence[Cell]) -> list[Text]:
    """List the distinct texts whose vectors cells need.

    :param bench: What all cells share.
    :param cells: The cells.
    :return: Texts, or sentence pairs where these are encoded jointly.
    """
    aligned = {bench.aligner_key(cell): cell for cell in cells if cell.does.aligner}
    headed = {(cell.does.labels, cell.size, cell.seed): cell for cell in cells if cell.size is not None}
    unaided = {cell.seed: cell for cell in cells if cell.size is None}
    texts: dict[Text, None] = {}
    for pairs in (*map(bench.pair_texts, aligned.values()), *map(bench.held_out, unaided.values())):
        for side in pairs:
            texts.update(dict.fromkeys(side))
    for cell in headed.values():
        labelled = bench.labelled(cell)
        texts.update(dict.fromkeys(bench.encoded([labelled.texts[row] for row in bench.head_rows(cell)])))
    if any(cell.does.unlabelled for cell in cells):
        texts.update(dict.fromkeys(bench.encoded(needed(bench.material.unlabelled).texts)))
    if headed:
        texts.update(dict.fromkeys(bench.encoded(needed(bench.material.test).texts)))
    return list(texts)

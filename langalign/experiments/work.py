"""Does the work of one cell: its aligner, its head, its score. Whatever exists already is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.aligners import SavedAligner, fit_pairs, load_aligner, save_aligner
from langalign.analysis.cosine import Doubles, matched_cosines
from langalign.analysis.retrieval import text_groups
from langalign.encoders import build
from langalign.encoders.base import BaseEncoder
from langalign.experiments.bench import Bench, needed
from langalign.experiments.cells import Result, side_names, write_measure, write_result
from langalign.experiments.grid import Cell
from langalign.experiments.spec import PartSpec
from langalign.heads import (
    Characters,
    Features,
    SavedHead,
    classification_figures,
    cotrain_head,
    fit_head,
    load_head,
    regression_figures,
    save_head,
)
from langalign.part_folder import encoder_record
from langalign.store import Store
from langalign.types import Text


@lru_cache(maxsize=2)
def opened(encoder: str, device: str, cache: Path) -> tuple[BaseEncoder, Store]:
    """Open an encoder's store, once in a process.

    :param encoder: SPEC.
    :param device: Torch device.
    :param cache: Folder of all stores.
    :return: The encoder, its model not loaded, and its store.
    """
    built = build(encoder, device=device)
    return built, Store(cache, built.identity)


def make_aligner(bench: Bench, cell: Cell) -> SavedAligner | None:
    """Load a cell's aligner, or fit and save it.

    :param bench: What all cells share.
    :param cell: The cell.
    :return: The aligner, if the cell has one.
    """
    key, does = bench.aligner_key(cell), cell.does
    if key is None:
        return None
    folder = bench.out / "aligners" / key
    if not folder.exists():
        encoder, store = opened(bench.encoder, bench.device, bench.cache)
        source, target = bench.pair_texts(cell)
        chosen = bench.spec.aligners.get(does.aligner, PartSpec())
        fitted = fit_pairs(
            does.aligner,
            store.rows(source),
            store.rows(target),
            groups=text_groups(source),
            target_groups=text_groups(target),
            preset=chosen.preset,
            options=chosen.options,
            reverse=does.reverse,
            seed=cell.seed,
            device=bench.device,
        )
        write_measure(bench.out, key, seconds=fitted.seconds)
        save_aligner(fitted, folder, encoder, encoder)
    return load_aligner(folder)


def make_head(bench: Bench, cell: Cell, aligner: SavedAligner | None) -> SavedHead:
    """Load a cell's head, or fit and save it.

    :param bench: What all cells share.
    :param cell: The cell.
    :param aligner: What moves the vectors that it learns from.
    :return: The head.
    """
    key = bench.head_key(cell)
    folder = bench.out / "heads" / str(key)
    if not folder.exists():
        encoder, _ = opened(bench.encoder, bench.device, bench.cache)
        labelled, rows = bench.labelled(cell), bench.head_rows(cell)
        texts = [labelled.texts[row] for row in rows]
        head = bench.spec.head
        fitted = fit_head(
            head.name,
            features(bench, texts, aligner),
            [labelled.labels[row] for row in rows],
            preset=head.preset,
            options=head.options,
            groups=text_groups(texts),
            seed=cell.seed,
            device=bench.device,
        )
        if cell.does.unlabelled:
            more = needed(bench.material.unlabelled).texts
            told = features(bench, more, aligner)
            fitted = cotrain_head(fitted, told, more, seed=cell.seed, device=bench.device)
        write_measure(bench.out, str(key), seconds=fitted.seconds)
        save_head(fitted, folder, encoder=encoder_record(encoder), pair_features=bench.pair_features)
    return load_head(folder)


def features(
    bench: Bench,
    texts: Sequence[Text],
    aligner: SavedAligner | None,
    characters: Characters | None = None,
) -> Features:
    """Make the rows of texts for a head.

    :param bench: Tells encoder and pair features.
    :param texts: ``N`` texts or sentence pairs.
    :param aligner: Moves their vectors, if there is one.
    :param characters: Scores their characters beside, if the head was co-trained.
    :return: Rows, made when they are read. Shape: ``(N, width)``.
    """
    _, store = opened(bench.encoder, bench.device, bench.cache)
    return Features.of(
        texts, store.rows, pair_features=bench.pair_features, aligner=aligner, characters=characters
    )


def run_cell(
    bench: Bench, cell: Cell, *, key: str | None = None, spent: Mapping[str, float] | None = None
) -> Result:
    """Do a cell and write its result.

    :param bench: What all cells share.
    :param cell: The cell.
    :param key: Its content key, where something was tuned for it; by default the bench's.
    :param spent: What that took.
    :return: The result.
    """
    if cell.size is None:
        means = {sides: float(values.mean()) for sides, values in cosines(bench, cell).items()}
        found: dict[str, Any] = {"scores": means}
    else:
        aligner = make_aligner(bench, cell)
        head = make_head(bench, cell, aligner if cell.does.training else None)
        texts = needed(bench.material.test).texts
        moved = features(bench, texts, aligner if cell.does.test else None, head.characters)
        predicted = head.predict(moved)
        found = scored(bench, predicted)
    return finished(bench, cell, {**found, "spent": spent or {}}, key=key or bench.cell_key(cell))


def finished(bench: Bench, cell: Cell, found: Mapping[str, Any], *, key: str, parts: bool = True) -> Result:
    """Write what a cell came to.

    :param bench: What all cells share.
    :param cell: The cell.
    :param found: From :func:`scored`, or other fields of the result.
    :param key: The cell's content key.
    :param parts: Whether it has an aligner or head of this experiment.
    :return: The result.
    """
    result = Result(
        cell=cell,
        key=key,
        encoder=bench.fingerprint if parts else "",
        aligner=bench.aligner_key(cell) if parts else None,
        head=bench.head_key(cell) if parts else None,
        rows=None if cell.size is None else len(bench.head_rows(cell)),
        overlap=bench.overlap(cell),
        **found,
    )
    write_result(bench.out, result)
    return result


def scored(bench: Bench, predicted: list[str] | NDArray[np.float64]) -> dict[str, Any]:
    """Compare predictions with the test labels.

    :param bench: Tells the metric and the test rows.
    :param predicted: Class names, or scores. Shape: ``(N,)``.
    :return: ``scores``, ``answers`` and ``classes`` of a result.
    """
    metric, labels = bench.spec.task.metric, needed(bench.material.test).labels
    if isinstance(predicted, np.ndarray):
        figures = regression_figures(np.array(labels, dtype=np.float64), predicted)
        answers, classes = predicted.tolist(), []
    else:
        figures = classification_figures(labels, predicted)
        classes = sorted(set(predicted))
        answers = [classes.index(label) for label in predicted]
    return {"scores": {metric: figures[metric]}, "answers": answers, "classes": classes}


def cosines(bench: Bench, cell: Cell) -> dict[str, Doubles]:
    """Measure the cosines of held-out pairs.

    :param bench: What all cells share.
    :param cell: A cell with an aligner.
    :return: By the two sides, the cosine of each pair, shape ``(P,)``; see
        :func:`~langalign.experiments.cells.side_names`.
    """
    _, store = opened(bench.encoder, bench.device, bench.cache)
    source, target = (store.vectors(texts) for texts in bench.held_out(cell))
    moved = needed(make_aligner(bench, cell)).transform(target if cell.does.reverse else source)
    sides = ((source, target), (source, moved), (target, moved))
    named = zip(side_names(cell.does.reverse), sides, strict=True)
    return {shown: matched_cosines(*pair) for shown, pair in named}

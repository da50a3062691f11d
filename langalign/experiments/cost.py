"""What each method costs against the score it reaches: translations, money, labels, seconds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean
from typing import Any

from langalign.experiments._sources import flat
from langalign.experiments.bench import Bench, needed
from langalign.experiments.cells import Result, read_measure
from langalign.experiments.grid import Cell
from langalign.experiments.run import Ran
from langalign.experiments.table import Entry
from langalign.types import Text


@dataclass(frozen=True)
class Cost:
    """What one entry of the table costs; seconds are means over seeds, None where nothing was measured.

    :param method: The method.
    :param pairs: Pairs that its aligner learns from, if any.
    :param size: Rows that its head learns from, if any.
    :param score: The mean score.
    :param source_labels: Labelled rows of the source language.
    :param target_labels: Labelled rows of the target language.
    :param translations: Texts or sentence pairs that somebody or something translated: the pairs, and
        translated rows.
    :param dollars: The price of their distinct single texts in US dollars; None where no price is known.
    :param tokens: Tokens of the translation service; None where none were counted.
    :param embed_seconds: Embedding what head and aligner learn from, at the rate that was measured; zero
        for a language model that is tuned together with its head.
    :param tune_seconds: Tuning language models.
    :param aligner_seconds: Fitting the aligner.
    :param head_seconds: Fitting the head.
    """

    method: str
    pairs: int | None
    size: int | None
    score: float
    source_labels: int
    target_labels: int
    translations: int
    dollars: float | None
    tokens: float | None
    embed_seconds: float | None
    tune_seconds: float
    aligner_seconds: float | None
    head_seconds: float | None


def costs(ran: Ran, entries: Sequence[Entry]) -> list[Cost]:
    """Tell the cost of each entry of the table.

    :param ran: The experiment, run.
    :param entries: Its table.
    :return: A row for each entry that belongs to a method.
    """
    return [_cost(ran, entry) for entry in entries if entry.method]


def _cost(ran: Ran, entry: Entry) -> Cost:
    wanted = entry.method, entry.pairs, entry.size
    results = [
        result
        for cell, result in ran.results.items()
        if (cell.method, cell.pairs, cell.size) == wanted and entry.figure in result.scores
    ]
    cell = results[0].cell
    native = cell.does.labels == "native"
    texts = translated_texts(ran.bench, cell)
    service = read_measure(ran.bench.out, ran.bench.translation_key())
    spec = ran.bench.spec.translation
    price = spec.price if spec and spec.price is not None else _per_text(service, "dollars")
    per_text = _per_text(service, "tokens")
    return Cost(
        method=entry.method,
        pairs=entry.pairs,
        size=entry.size,
        score=entry.mean,
        source_labels=0 if native else cell.size or 0,
        target_labels=(cell.size or 0) if native else 0,
        translations=translated_rows(cell),
        dollars=None if price is None else price * texts,
        tokens=None if per_text is None else per_text * texts,
        embed_seconds=_embed_seconds(ran.bench, results[0]),
        tune_seconds=_tune_seconds(ran.bench, results),
        aligner_seconds=_measured(ran.bench, [result.aligner for result in results]),
        head_seconds=_measured(ran.bench, [result.head for result in results]),
    )


def translated_rows(cell: Cell) -> int:
    """Count the translations that a cell needs.

    :param cell: The cell.
    :return: Its pairs, and its translated rows; what a model of one's own translates is not counted.
    """
    rows = cell.size or 0
    return (cell.pairs or 0) + (
        rows if cell.does.labels == "translated" or cell.does.pairs == "shared" else 0
    )


def translated_texts(bench: Bench, cell: Cell) -> int:
    """Count the distinct single texts among these, which is what a translator is paid for.

    :param bench: What all cells share.
    :param cell: The cell.
    :return: Texts of the source language; a sentence pair is two, unless one of them recurs.
    """
    texts: list[Text] = []
    if cell.does.pairs != "none":
        pairs = needed(bench.material.pairs).source
        texts += [pairs[row] for row in bench.pair_rows(cell)]
    if cell.does.labels == "translated":
        source = needed(bench.material.source).texts
        texts += [source[row] for row in bench.head_rows(cell)]
    return len(set(flat(texts)))


def _per_text(measured: Mapping[str, float], name: str) -> float | None:
    return measured[name] / measured["texts"] if measured.get("texts") and name in measured else None


def _embed_seconds(bench: Bench, result: Result) -> float | None:
    if not result.encoder:
        return 0.0
    cell, measured = result.cell, read_measure(bench.out, bench.fingerprint)
    if not measured:
        return None
    texts = (cell.size or 0) * (2 if bench.pair_features == "sentence" else 1)
    if cell.does.aligner:
        texts += 2 * len(bench.pair_texts(cell)[0])
    if cell.does.unlabelled:
        texts += len(bench.encoded(needed(bench.material.unlabelled).texts))
    return texts * measured["seconds"] / measured["texts"]


def _tune_seconds(bench: Bench, results: Sequence[Result]) -> float:
    own = mean(result.spent.get("tune_seconds", 0.0) for result in results)
    return own + read_measure(bench.out, f"tuned-{bench.fingerprint}").get("seconds", 0.0)


def _measured(bench: Bench, keys: Sequence[str | None]) -> float | None:
    found: list[Any] = [read_measure(bench.out, key).get("seconds") for key in keys]
    return mean(found) if found and None not in found else None

"""The texts of an experiment: how they are read, joined and drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.corpora import Corpus, PairedCorpus, ReadOptions, read_pairs, read_texts
from langalign.errors import SpecError
from langalign.experiments._sources import flat
from langalign.experiments.data_spec import DataSpec, DrawnSpec, PairsSpec, TranslationSpec
from langalign.experiments.spec import Spec
from langalign.store import row_keys
from langalign.types import Keys, Text

Indices = NDArray[np.int64]
Readers = Mapping[str, Callable[[], Any]]


@dataclass(frozen=True)
class Labelled:
    """Texts with labels; rows may lack their text until they are translated.

    :param name: The DATA they came from.
    :param texts: ``N`` texts or sentence pairs.
    :param labels: ``N`` labels.
    :param lost: Rows that could not be translated; nothing learns from them.
    """

    name: str
    texts: list[Text]
    labels: list[str]
    lost: frozenset[int] = frozenset()

    def __len__(self) -> int:
        """Tell the number of rows, ``N``."""
        return len(self.texts)

    @cached_property
    def keys(self) -> Keys:
        """Hash each text. Shape: ``(N, 16)``."""
        return row_keys(self.texts)

    def digest(self, rows: Indices) -> str:
        """Tell what rows hold, texts and labels, by 32 hexadecimal digits."""
        told = blake2b(self.keys[rows].tobytes(), digest_size=16)
        told.update("\0".join(self.labels[row] for row in rows).encode("utf-8", "surrogatepass"))
        return told.hexdigest()


@dataclass(frozen=True)
class Pairs:
    """Texts of two languages, row by row.

    :param source: ``P`` texts.
    :param target: Their ``P`` counterparts.
    :param lost: Rows that could not be translated; nothing learns from them.
    """

    source: list[Text]
    target: list[Text]
    lost: frozenset[int] = frozenset()

    def __len__(self) -> int:
        """Tell the number of pairs, ``P``."""
        return len(self.source)

    @cached_property
    def keys(self) -> NDArray[np.uint8]:
        """Hash each pair. Shape: ``(P, 32)``."""
        return np.hstack([row_keys(self.source), row_keys(self.target)])

    def digest(self, rows: Indices) -> str:
        """Tell what pairs hold by 32 hexadecimal digits."""
        return blake2b(self.keys[rows].tobytes(), digest_size=16).hexdigest()


@dataclass(frozen=True)
class Material:
    """All texts of an experiment; each may be missing where no method needs it.

    :param source: Labelled rows of the source language.
    :param test: Labelled rows of the target language to test on.
    :param native: Labelled rows of the target language to learn from.
    :param unlabelled: Texts of the target language, their labels empty.
    :param translated: The source rows in the target language, with the source's labels.
    :param seq2seq: The same by the sequence model that a cell tunes, once it has.
    :param pairs: What aligners learn from.
    """

    source: Labelled | None = None
    test: Labelled | None = None
    native: Labelled | None = None
    unlabelled: Labelled | None = None
    translated: Labelled | None = None
    seq2seq: Labelled | None = None
    pairs: Pairs | None = None


def kept(rows: Indices, lost: frozenset[int]) -> Indices:
    """Leave out rows that could not be translated.

    :param rows: Row numbers. Shape: ``(n,)``.
    :param lost: Those to leave out.
    :return: The others, in their order.
    """
    return rows[~np.isin(rows, [*lost])] if lost else rows


def translated(source: Labelled, name: str, rows: Iterable[int], told: Sequence[Text | None]) -> Labelled:
    """Put translations in their rows.

    :param source: The source data.
    :param name: What translated it.
    :param rows: Numbers of the rows that were translated.
    :param told: The translation of each; None where there is none.
    :return: As many rows as there are in the source, with its labels.
    """
    texts: list[Text] = [""] * len(source)
    lost = set()
    for row, text in zip(rows, told, strict=True):
        if text is None:
            lost.add(row)
        else:
            texts[row] = text
    return Labelled(name, texts, source.labels, frozenset(lost))


def readers(spec: Spec, data_dir: Path | str | None) -> Readers:
    """Tell how to read each kind of data that a spec names.

    :param spec: The experiment.
    :param data_dir: Folder of published datasets.
    :return: For each key of the spec a call that reads its data.
    """
    found: dict[str, Callable[[], Any]] = {}
    for key in ("source", "test", "native"):
        data: DataSpec | None = getattr(spec, key)
        if data:
            found[key] = partial(_labelled, data, data_dir)
    if spec.unlabelled:
        found["unlabelled"] = partial(_labelled, spec.unlabelled, data_dir, labels=False)
    if spec.translation and spec.translation.data:
        found["translation"] = partial(_translations, spec.translation, data_dir)
    if spec.pairs and spec.pairs.data:
        found["pairs"] = partial(_pairs, spec.pairs, data_dir)
    return found


def assemble(spec: Spec, read: Mapping[str, Any]) -> Material:
    """Join what was read.

    :param spec: The experiment.
    :param read: What the calls of :func:`readers` gave, by key; of data that could not be read, nothing.
    :return: All texts; rows that are drawn are fewer than asked for where there are no more.
    :raises SpecError: If source and translation differ in their number of rows.
    """
    source: Labelled | None = read.get("source")
    other: Labelled | None = None
    if source is not None and "translation" in read:
        texts: list[Text] = read["translation"].texts
        if len(texts) != len(source):
            raise SpecError(
                f"translation.data: {read['translation'].name} has {len(texts):,} rows but {source.name} has "
                f"{len(source):,}; row by row each must translate the other"
            )
        other = Labelled(read["translation"].name, texts, source.labels)
    elif source is not None and spec.translation and spec.translation.translator:
        other = Labelled(spec.translation.translator, [""] * len(source), source.labels)
    test = _drawn(spec.test, read.get("test"))
    pairs: Pairs | None = read.get("pairs")
    if spec.pairs and spec.pairs.untested:
        pairs = _untested(pairs, test)
    if spec.pairs and spec.pairs.translations and source is not None and other is not None:
        pairs = Pairs(source.texts, other.texts)
    native, unlabelled = (_without(read.get(key), test) for key in ("native", "unlabelled"))
    return Material(source, test, native, _drawn(spec.unlabelled, unlabelled), other, pairs=pairs)


def _drawn(chosen: DrawnSpec | None, texts: Labelled | None) -> Labelled | None:
    """Draw as many rows as are asked for, the same for every cell and seed."""
    if texts is None or chosen is None or not chosen.rows:
        return texts
    return _picked(texts, np.sort(np.random.default_rng(0).permutation(len(texts))[: chosen.rows]))


def _without(learned: Labelled | None, test: Labelled | None) -> Labelled | None:
    """Leave out the rows to learn from whose text is tested."""
    if learned is None or test is None:
        return learned
    tested = set(test.texts)
    return _picked(learned, [row for row, text in enumerate(learned.texts) if text not in tested])


def _untested(pairs: Pairs | None, test: Labelled | None) -> Pairs | None:
    """Leave out the pairs with a text that is tested, alone or in a sentence pair."""
    if pairs is None or test is None:
        return pairs
    tested = set(flat(test.texts))
    both = zip(pairs.source, pairs.target, strict=True)
    return _paired([pair for pair in both if tested.isdisjoint(flat(pair))])


def _picked(labelled: Labelled, rows: Iterable[int]) -> Labelled:
    chosen = list(rows)
    texts, labels = [labelled.texts[row] for row in chosen], [labelled.labels[row] for row in chosen]
    return Labelled(labelled.name, texts, labels)


def _labelled(data: DataSpec, data_dir: Path | str | None, labels: bool = True) -> Labelled:
    options = ReadOptions(**data.model_dump(exclude={"data", "rows"}), labels=labels, data_dir=data_dir)
    names = (data.data,) if isinstance(data.data, str) else data.data
    corpora = [read_texts(name, options) for name in names]
    texts = [text for corpus in corpora for text in corpus.texts]
    found = [label for corpus in corpora for label in corpus.labels or [""] * len(corpus)]
    return Labelled(" + ".join(names), texts, found)


def _translations(data: TranslationSpec, data_dir: Path | str | None) -> Corpus:
    columns = data.model_dump(include={"text_column", "pair_column", "header", "quoting"})
    return read_texts(str(data.data), ReadOptions(**columns, labels=False, data_dir=data_dir))


def _pairs(data: PairsSpec, data_dir: Path | str | None) -> Pairs:
    columns = data.model_dump(exclude={"data", "target", "translations", "distinct", "untested", "sizes"})
    corpus: PairedCorpus = read_pairs(str(data.data), data.target, ReadOptions(**columns, data_dir=data_dir))
    if data.distinct:
        return _paired([*dict.fromkeys(zip(corpus.source, corpus.target, strict=True))])
    return Pairs(corpus.source, corpus.target)


def _paired(both: Sequence[tuple[Text, Text]]) -> Pairs:
    return Pairs([source for source, _ in both], [target for _, target in both])

"""What a cell works with, and the content keys by which its parts are found again.

A key covers everything that a result depends on: texts, labels, encoder, options, seed. So a part that
two cells need is made once, and a change of the spec makes anew only what it changes.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, wraps
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from langalign import registry
from langalign.errors import SpecError
from langalign.experiments._sources import flat
from langalign.experiments.draws import Indices, head_order, pair_order, places, without_texts
from langalign.experiments.grid import Cell
from langalign.experiments.material import Labelled, Material, Pairs, kept
from langalign.experiments.spec import PartSpec, Spec
from langalign.types import Text

T = TypeVar("T")
VERSION = 2
"""Part of every key; a change of what cells do raises it."""


def _once_a_cell(tell: Callable[[Bench, Cell], T]) -> Callable[[Bench, Cell], T]:
    """Remember what a method tells of each cell: the runner asks for a key many times."""

    @wraps(tell)
    def remembered(bench: Bench, cell: Cell) -> T:
        return bench._once((tell.__name__, cell), lambda: tell(bench, cell))

    return remembered


@dataclass(frozen=True)
class Bench:
    """Hold what all cells share; it can be sent to another process.

    :param spec: The experiment.
    :param material: Its texts.
    :param encoder: SPEC of the frozen encoder.
    :param fingerprint: That of its identity.
    :param pair_features: ``joint`` or ``sentence``; None for single texts.
    :param cache: Folder of all stores.
    :param out: Folder of aligners, heads and cells.
    :param device: Torch device.
    :param pins: What pins the models that cells tune, by key of the spec.
    """

    spec: Spec
    material: Material
    encoder: str
    fingerprint: str
    pair_features: str | None
    cache: Path
    out: Path
    device: str
    pins: Mapping[str, str] = field(default_factory=dict)

    def heavy(self, cell: Cell) -> bool:
        """Tell whether a cell tunes a model of its own, which takes all cores or the GPU."""
        does = cell.does
        end_to_end = does.ordinary and self.spec.baselines == "end-to-end"
        return bool(does.tuner) or does.labels == "seq2seq" or end_to_end

    def labelled(self, cell: Cell) -> Labelled:
        """Give the texts that a cell's head learns from, before any are drawn."""
        if cell.does.labels == "seq2seq" and self.material.seq2seq is None:
            return needed(self.material.source)  # not translated yet, it has these rows all the same
        labelled: Labelled | None = getattr(self.material, cell.does.labels)
        return needed(labelled)

    def head_rows(self, cell: Cell) -> Indices:
        """Tell the rows of :meth:`labelled` that a cell's head learns from, ascending."""
        labelled = self.labelled(cell)
        rows = len(labelled)
        order = self._once(("head", rows, cell.seed), lambda: head_order(rows, cell.seed))
        return kept(np.sort(order[: cell.size]), labelled.lost)

    def pair_rows(self, cell: Cell) -> Indices:
        """Tell the pairs that a cell's aligner learns from, in their order.

        Where ``cosine`` is measured, none of them has a text of a pair that is held out.

        :param cell: The cell.
        :return: Row numbers. Shape: ``(P,)``.
        :raises SpecError: If they shall be the head's rows, but no pair has such a text; or if there are not
            enough pairs beside those that are held out.
        """
        if cell.size is None:
            return self._unmeasured_rows(cell)
        place, order = self._once(("pairs", cell.seed), lambda: self._pair_places(cell.seed))
        lost = needed(self.material.pairs).lost
        if cell.does.pairs != "shared":
            return kept(order[: cell.pairs], lost)
        shared = np.flatnonzero(place < cell.size)
        if not len(shared):
            raise SpecError(
                f"{cell.method}: no pair has a text of the {cell.size:,} rows that the head learns from, of "
                f"{len(place):,} pairs; take pairs of the source data, as with pairs.translations"
            )
        return kept(shared, lost)

    def overlap(self, cell: Cell) -> int:
        """Count the aligner's pairs whose source text the head learns from, too."""
        if cell.does.pairs == "none" or self.material.source is None:
            return 0
        place, _ = self._once(("pairs", cell.seed), lambda: self._pair_places(cell.seed))
        return int((place[self.pair_rows(cell)] < (cell.size or 0)).sum())

    def pair_texts(self, cell: Cell) -> tuple[list[Text], list[Text]]:
        """Give both sides of the pairs that a cell's aligner learns from."""
        return self._sides(self.pair_rows(cell))

    def held_out(self, cell: Cell) -> tuple[list[Text], list[Text]]:
        """Give both sides of the pairs that ``cosine`` is measured on; no size learns a text of theirs."""
        return self._sides(self.held_out_rows(cell))

    def held_out_rows(self, cell: Cell) -> Indices:
        """Tell the last pairs in the order of a cell's seed."""
        _, order = self._once(("pairs", cell.seed), lambda: self._pair_places(cell.seed))
        return kept(order[-needed(self.spec.held_out).rows :], needed(self.material.pairs).lost)

    def encoded(self, texts: list[Text]) -> list[Text]:
        """Give texts as the encoder takes them: sentence pairs one by one unless it joins them."""
        if self.pair_features == "joint":
            return texts
        return [*flat(texts)]  # to the type checker a list of str is no list of Text

    @_once_a_cell
    def aligner_key(self, cell: Cell) -> str | None:
        """Tell the content key of a cell's aligner, if it has one."""
        does = cell.does
        if not does.aligner:
            return None
        chosen = self.spec.aligners.get(does.aligner, PartSpec())
        return digest(
            "aligner",
            self.fingerprint,
            does.aligner,
            self._options("aligners", does.aligner, chosen.preset, json.dumps(dict(chosen.options))),
            does.reverse,
            cell.seed,
            self.pair_features,
            needed(self.material.pairs).digest(self.pair_rows(cell)),
        )

    @_once_a_cell
    def head_key(self, cell: Cell) -> str | None:
        """Tell the content key of a cell's head; none where only cosine is measured."""
        if cell.size is None:
            return None
        return digest(
            "head",
            self.fingerprint,
            *self._head_options(),
            cell.seed,
            self.pair_features,
            self.labelled(cell).digest(self.head_rows(cell)),
            self.aligner_key(cell) if cell.does.training else None,
            *([self._unlabelled_digest()] if cell.does.unlabelled else []),
        )

    @_once_a_cell
    def cell_key(self, cell: Cell) -> str:
        """Tell the content key of a cell's result."""
        if cell.size is None:
            tested = needed(self.material.pairs).digest(self.held_out_rows(cell))
        else:
            test = needed(self.material.test)
            tested = self._once("test", lambda: test.digest(np.arange(len(test))))
        moved = self.aligner_key(cell) if cell.does.test else None
        made_of = self._tuned_key(cell) if self.heavy(cell) else self.head_key(cell)
        # Two methods may come to the same, yet each has a result of its own.
        return digest("cell", cell.method, made_of, moved, self.spec.task.metric, tested)

    def translation_key(self) -> str | None:
        """Tell the content key of what translating the source rows took, if a translator does that."""
        chosen = self.spec.translation
        if chosen is None or chosen.translator is None:
            return None
        return digest("translation", chosen.translator, chosen.source_language, chosen.to)

    def seq2seq_key(self, cell: Cell) -> str:
        """Tell the content key of the sequence model that a cell tunes."""
        pairs = needed(self.material.pairs).digest(self.pair_rows(cell))
        chosen = needed(self.spec.seq2seq).model_dump(exclude={"model"})
        return digest("seq2seq", self.pins["seq2seq"], chosen, pairs, self.pair_features, cell.seed)

    def tuned_folder(self, cell: Cell, method: str) -> Path:
        """Tell where the language model lies that a cell tunes."""
        rows = self.labelled(cell).digest(self.head_rows(cell))
        key = digest("tuned", self.pins["tuning"], method, self._tuner_options(method), rows, cell.seed)
        return self.out / "tuned" / key

    def _tuned_key(self, cell: Cell) -> str:
        """Tell what a cell that tunes depends on, before anything is tuned."""
        does = cell.does
        rows = self.labelled(cell).digest(self.head_rows(cell))
        method = does.tuner or ("full" if self.spec.baselines == "end-to-end" else "")
        options = self._tuner_options(method) if method else None
        head = None if method == "full" else [self.fingerprint, *self._head_options(), self.pair_features]
        seq2seq = self.seq2seq_key(cell) if does.labels == "seq2seq" else None
        return digest("tuned", self.pins.get("tuning"), method, options, rows, cell.seed, head, seq2seq)

    def _unmeasured_rows(self, cell: Cell) -> Indices:
        """Draw pairs that share no text with those that ``cosine`` is measured on."""
        pairs, held_out = needed(self.material.pairs), needed(self.spec.held_out).rows
        both = (pairs.source, pairs.target)
        by_translator = needed(self.spec.pairs).translations and self.translation_key() is not None
        # A translator gives the targets of the rows drawn here alone, so the draw must not hang on them.
        known = both[:1] if by_translator else both
        _, order = self._once(("pairs", cell.seed), lambda: self._pair_places(cell.seed))
        apart = self._once(("apart", cell.seed), lambda: without_texts(order, order[-held_out:], known))
        if len(apart) < needed(cell.pairs):
            raise SpecError(
                f"{cell}: {cell.pairs:,} pairs are asked for, but only {len(apart):,} of {len(order):,} "
                f"share no text with the {held_out:,} held out; ask for fewer pairs, or hold out fewer"
            )
        taken = kept(apart[: cell.pairs], pairs.lost)
        return without_texts(taken, self.held_out_rows(cell), both) if by_translator else taken

    def _sides(self, rows: Indices) -> tuple[list[Text], list[Text]]:
        pairs = needed(self.material.pairs)
        source, target = ([side[row] for row in rows] for side in (pairs.source, pairs.target))
        return self.encoded(source), self.encoded(target)

    def _unlabelled_digest(self) -> str:
        unlabelled = needed(self.material.unlabelled)
        return self._once("unlabelled", lambda: unlabelled.digest(np.arange(len(unlabelled))))

    def _pair_places(self, seed: int) -> tuple[Indices, Indices]:
        pairs: Pairs = needed(self.material.pairs)
        source = self.material.source
        texts, rows = (source.texts, len(source)) if source else ([], 0)
        place = places(pairs.source, texts, head_order(rows, seed))
        return place, pair_order(place, seed)

    def _head_options(self) -> tuple[str, dict[str, Any]]:
        head = self.spec.head
        return head.name, self._options("heads", head.name, head.preset, json.dumps(dict(head.options)))

    def _tuner_options(self, method: str) -> dict[str, Any]:
        part: PartSpec = getattr(needed(self.spec.tuning), method)
        return self._options("tuners", method, part.preset, json.dumps(dict(part.options)))

    def _options(self, group: str, name: str, preset: str, options: str) -> dict[str, Any]:
        """Resolve a preset, so that a changed default changes the key."""
        part = registry.get(group, name)
        return self._once(
            (group, name, preset, options), lambda: part.from_preset(preset, json.loads(options)).options()
        )

    @cached_property
    def _made(self) -> dict[Any, Any]:
        return {}

    def _once(self, key: Any, make: Callable[[], T]) -> T:
        if key not in self._made:
            self._made[key] = make()
        found: T = self._made[key]
        return found


def unencoded(spec: Spec, material: Material, *, out: Path, cache: Path, device: str) -> Bench:
    """Hold what is known before there is an encoder: rows can be drawn, but keys not told.

    :param spec: The experiment.
    :param material: Its texts.
    :param out: Folder of aligners, heads and cells.
    :param cache: Folder of all stores.
    :param device: Torch device.
    :return: What the cells share.
    """
    return Bench(spec, material, "", "", None, cache, out, device)


def digest(*parts: Any) -> str:
    r"""Hash plain JSON types.

    :param \*parts: What the result depends on.
    :return: 20 hexadecimal digits.
    """
    canonical = json.dumps([VERSION, *parts], sort_keys=True, separators=(",", ":"))
    return blake2b(canonical.encode(), digest_size=10).hexdigest()


def needed(value: T | None) -> T:
    """Take what the rules of the spec have made sure of.

    :param value: Data, or a key of the spec.
    :return: The value.
    :raises SpecError: If it is missing all the same.
    """
    if value is None:
        raise SpecError("the spec lacks data that this method needs")
    return value

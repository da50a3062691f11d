"""Refuses an experiment that could learn from a text it is tested on.

A pair must hold no tested text at all, alone or as one side of a sentence pair. A labelled row must not be a
tested row; single sentences may recur in other rows, as in JSICK, whose label depends on both sentences.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from langalign.experiments.material import Material
from langalign.types import Text, parts


def overlaps(material: Material) -> Iterator[str]:
    """Find what could be learned and is tested, whichever rows a seed draws.

    :param material: All texts of an experiment.
    :yield: What overlaps, in a line.
    """
    if material.test is None:
        return
    tested = set(material.test.texts)
    for name in ("source", "native", "unlabelled", "translated"):
        labelled = getattr(material, name)
        if labelled:
            again = [text for text in labelled.texts if text in tested]
            yield from _told(again, len(labelled), f"rows of {name} ({labelled.name})")
    if material.pairs:
        held = {part for text in tested for part in parts(text)}
        both = zip(material.pairs.source, material.pairs.target, strict=True)
        again = [text for pair in both for text in pair if not held.isdisjoint(parts(text))]
        yield from _told(again, 2 * len(material.pairs), "sides of pairs")


def _told(again: Sequence[Text], count: int, what: str) -> Iterator[str]:
    if again:
        yield f"{len(again):,} of {count:,} {what} are tested, the first: {again[0]!r}"

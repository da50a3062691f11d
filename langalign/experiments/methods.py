"""What each method does: on what its head learns, and where an aligner stands.

Read the tables here to see what an experiment compares. A method is named as ``english``, as an aligner
(``ae``), or as a variant of an aligner (``reverse:ae``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Literal

from langalign import registry
from langalign.errors import SpecError

Labels = Literal["source", "native", "translated", "seq2seq"]
Pairs = Literal["none", "apart", "shared"]


@dataclass(frozen=True, kw_only=True)
class Method:
    """Say what one method does.

    :param does: The procedure, in a line.
    :param name: How the spec names it.
    :param labels: What the head learns from: labelled ``source`` rows, labelled rows of the target
        language (``native``), the source rows in ``translated`` form, or as a sequence model
        translates them (``seq2seq``).
    :param aligner: The aligner's name; empty where there is none.
    :param reverse: Whether it carries target onto source.
    :param training: Whether it moves the vectors that the head learns from.
    :param test: Whether it moves the vectors that are tested.
    :param pairs: Where pairs of texts come from: ``apart`` from the head's rows, the very rows
        ``shared`` with the head, or ``none``.
    :param tuner: The tuner that adapts a language model for each cell; empty where there is none.
    :param unlabelled: Whether the head goes on to learn from unlabelled texts of the target language.
    :param ordinary: Whether, with ``baselines: end-to-end``, the language model is tuned with its head,
        as the ordinary procedure is.
    """

    does: str
    name: str = ""
    labels: Labels = "source"
    aligner: str = ""
    reverse: bool = False
    training: bool = False
    test: bool = False
    pairs: Pairs = "none"
    tuner: str = ""
    unlabelled: bool = False
    ordinary: bool = False


PLAIN = {
    "english": Method(does="head on labelled source rows alone", ordinary=True),
    "native": Method(does="head on labelled rows of the target language", labels="native", ordinary=True),
    "translated": Method(does="head on the source rows, translated", labels="translated", ordinary=True),
    "nmt-seq2seq": Method(
        does="head on the source rows as a sequence model, tuned on the pairs, translates them",
        labels="seq2seq",
        pairs="apart",
        ordinary=True,
    ),
    "co-trained": Method(
        does="head on source rows, then on unlabelled target texts as it and their characters label them",
        unlabelled=True,
    ),
    "without-aligner": Method(does="the aligner's procedure with neither aligner nor its pairs"),
    "lora": Method(
        does="language model adapted by LoRA to the translated rows, then a head on these",
        labels="translated",
        tuner="lora",
    ),
    "simcse": Method(
        does="language model adapted by SimCSE to the translated texts, then a head on these",
        labels="translated",
        tuner="simcse",
    ),
}
"""Methods by their whole name."""

ALIGNED = {
    "": Method(
        does="aligner source → target before the head, always", training=True, test=True, pairs="apart"
    ),
    "reverse": Method(
        does="head on source rows; aligner target → source before it at inference",
        reverse=True,
        test=True,
        pairs="apart",
    ),
    "without-aligner-at-inference": Method(
        does="aligner before the head in training only", training=True, pairs="apart"
    ),
    "shared-data": Method(
        does="aligner before the head, both learned from the same rows",
        training=True,
        test=True,
        pairs="shared",
    ),
}
"""Methods by what stands before the colon and an aligner's name."""


@cache  # a grid asks for each of its cells, again and again; listing parts reads the disk
def method(name: str) -> Method:
    """Find a method.

    :param name: Such as ``english``, ``ae`` or ``reverse:ae``.
    :return: What it does.
    :raises SpecError: If there is no such method.
    """
    if name in PLAIN:
        return replace(PLAIN[name], name=name)
    variant, _, aligner = name.rpartition(":")
    if variant in ALIGNED and aligner in registry.names("aligners"):
        return replace(ALIGNED[variant], name=name, aligner=aligner)
    variants = ", ".join(f"{variant}:ALIGNER" for variant in ALIGNED if variant)
    raise SpecError(
        f"there is no method {name!r}; choose from: {', '.join(PLAIN)}, {variants}, or an aligner: "
        f"{', '.join(registry.names('aligners'))}"
    )

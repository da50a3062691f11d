"""The options of ``tune-translator``, and the paper's choice of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from langalign.option_checks import require_positive
from langalign.types import Option


@dataclass(frozen=True, kw_only=True)
class TuneOptions:
    """Say how a translator is tuned.

    The loss is cross-entropy. The paper's Table 2 names MSE for all its training, which a model that
    writes tokens has no use for; everything else of the preset ``paper`` is as the table has it.

    :param learning_rate: AdamW's.
    :param batch_size: Pairs in one update.
    :param accumulate: Parts that a batch is computed in, for less memory; the outcome is the same.
    :param epochs: The most passes over the pairs.
    :param patience: Epochs without a better validation loss after which tuning stops.
    :param max_length: Tokens of a text and of a translation; what is longer is cut.
    :param prefix: Put in front of each text, ``{language}`` filled in; by default for T5 and mT5
        ``Translate into {language}: ``, else nothing.
    :param score_pairs: The most held-out pairs that are translated for chrF and BLEU.
    :raises SpecError: If a number is not above zero.
    """

    learning_rate: float = 1e-4
    batch_size: int = 8
    accumulate: int = 1
    epochs: int = 20
    patience: int = 3
    max_length: int = 128
    prefix: str | None = None
    score_pairs: int = 500

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {
        "default": {},
        "paper": {"learning_rate": 1e-5, "batch_size": 8, "epochs": 100, "patience": 10},
    }

    def __post_init__(self) -> None:
        """Check the numbers."""
        names = (
            "learning_rate",
            "batch_size",
            "accumulate",
            "epochs",
            "patience",
            "max_length",
            "score_pairs",
        )
        for name in names:
            require_positive(name, getattr(self, name))

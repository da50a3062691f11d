"""Translations and tuned models' answers, in the shape that experiments work with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from langalign.errors import DataError
from langalign.translation import MEMORY
from langalign.types import Progress, Text, parts

if TYPE_CHECKING:
    from langalign.experiments.data_spec import TranslationSpec
    from langalign.translation import Estimate, Prices

SEQ2SEQ = "seq2seq"


@dataclass(frozen=True)
class Translations:
    """Texts in another language.

    :param texts: Row by row; None where a text could not be translated.
    :param fresh: Distinct single texts that were translated now, and not taken from the memory.
    :param tokens: Tokens of the service in this run.
    :param dollars: Their price; None if no price is known.
    """

    texts: list[Text | None]
    fresh: int
    tokens: int
    dollars: float | None


def pin(model: str) -> str:
    """Tell what pins a model's weights: a commit, or the digest of its folder."""
    from langalign.checkpoint import find

    return find(model).pin


def answers(folder: Path, texts: Sequence[Text], device: str) -> list[str]:
    """Give the classes that a tuned encoder's own head predicts."""
    from langalign.tuning import predict_labels

    probabilities, classes = predict_labels(folder, texts, device=device)
    return [classes[code] for code in probabilities.argmax(axis=1)]


def translations(
    texts: Sequence[Text],
    translator: str,
    *,
    to: str,
    source_language: str,
    cache: Path,
    max_cost: float | None,
    prices: Prices | None,
    device: str,
    progress: Progress | None,
) -> Translations:
    """Translate texts, sentence pairs side by side, through the translation memory in the cache."""
    from langalign.translation import translate

    told = translate(
        flat(texts),
        translator,
        to=to,
        source_language=source_language,
        memory=cache / MEMORY,
        max_cost=max_cost,
        prices=prices,
        device=device,
        progress=progress,
    )
    ended = told.stopped or told.last_failure
    if ended or told.failed == len(told.texts):
        why = ended or told.rejection or ", ".join(told.problems)
        advice = "run again" if ended else "choose another translator or other texts"
        raise DataError(
            f"{told.failed:,} of {len(told.texts):,} texts have no translation by {translator}: {why}; "
            f"{advice}, what came is kept"
        )
    tokens = told.tokens_in + told.tokens_out
    return Translations(folded(told.texts, texts), told.fresh, tokens, told.cost)


def foreseen(texts: Sequence[Text], chosen: TranslationSpec, *, cache: Path) -> Estimate:
    """Estimate what translating texts will take; what the translation memory knows costs nothing."""
    from langalign.translation import estimate

    return estimate(
        flat(texts),
        str(chosen.translator),
        to=chosen.to,
        source_language=chosen.source_language,
        memory=cache / MEMORY,
        prices=chosen.prices,
    )


def flat(texts: Sequence[Text]) -> list[str]:
    """List single texts: sentence pairs give two each."""
    return [part for text in texts for part in parts(text)]


def folded(parts: Sequence[str | None], like: Sequence[Text]) -> list[Text | None]:
    """Undo :func:`flat`: put single texts together as others are; half a pair is none."""
    if not like or isinstance(like[0], str):
        return list(parts)
    pairs = zip(parts[::2], parts[1::2], strict=True)
    return [None if one is None or other is None else (one, other) for one, other in pairs]

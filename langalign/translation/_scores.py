"""chrF and BLEU, as sacrebleu computes them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

from langalign.errors import MissingExtraError
from langalign.translation._languages import Language

# Words do not end at spaces in these, or carry so many endings that whole words hardly ever match; the
# tokenizers made for Japanese and Korean need packages of their own.
_TOKENIZERS = {"ja": "char", "km": "char", "ko": "char", "lo": "char", "my": "char", "th": "char", "zh": "zh"}


@dataclass(frozen=True)
class Scores:
    """How near translations come to references, 0 to 100, and what exactly was computed.

    :param chrf: chrF2, of letters.
    :param bleu: BLEU, of words or, as its signature tells, letters.
    :param chrf_signature: sacrebleu's signature.
    :param bleu_signature: sacrebleu's signature.
    """

    chrf: float
    bleu: float
    chrf_signature: str
    bleu_signature: str

    def to_json(self) -> dict[str, Any]:
        """Give the figures."""
        return asdict(self)


def require_sacrebleu() -> None:
    """Check that sacrebleu is there, before hours of work depend on it.

    :raises MissingExtraError: If it is not.
    """
    if find_spec("sacrebleu") is None:
        raise MissingExtraError("scoring translations", "sacrebleu", "translation")


def score(translations: Sequence[str], references: Sequence[str], language: Language) -> Scores:
    """Score translations.

    :param translations: ``N`` translations.
    :param references: What each should be.
    :param language: Their language; tells BLEU's tokenizer.
    :return: Both scores.
    :raises MissingExtraError: If sacrebleu is not installed.
    """
    require_sacrebleu()
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    chrf, bleu = CHRF(), BLEU(tokenize=_TOKENIZERS.get(language.code, "13a"))
    found = [metric.corpus_score([*translations], [[*references]]).score for metric in (chrf, bleu)]
    return Scores(found[0], found[1], str(chrf.get_signature()), str(bleu.get_signature()))

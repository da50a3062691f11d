"""Pairs as token ids, padded batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor

from langalign.translation._codes import language_token, set_languages
from langalign.translation._languages import Languages
from langalign.translation._model import padded

IGNORED = -100
"""Where a padded label is none."""


@dataclass(frozen=True)
class TokenPairs:
    """Tokenised pairs.

    :param source: ``P`` lists of ids.
    :param target: Their counterparts.
    :param pad_id: What a source is padded with.
    """

    source: Sequence[Sequence[int]]
    target: Sequence[Sequence[int]]
    pad_id: int

    def __len__(self) -> int:
        """Tell the number of pairs, ``P``."""
        return len(self.source)

    def batch(self, rows: Sequence[int], device: str) -> dict[str, Tensor]:
        """Pad some pairs to the longest among them.

        :param rows: ``B`` row numbers.
        :param device: Where the model is.
        :return: The model's inputs. Shape of each: ``(B, longest)``.
        """
        source = padded([self.source[row] for row in rows], self.pad_id)
        mask = padded([[1] * len(self.source[row]) for row in rows], 0)
        labels = padded([self.target[row] for row in rows], IGNORED)
        inputs = {"input_ids": source, "attention_mask": mask, "labels": labels}
        return {name: value.to(device) for name, value in inputs.items()}

    def picked(self, rows: Sequence[int]) -> TokenPairs:
        """Take some pairs."""
        return TokenPairs([self.source[row] for row in rows], [self.target[row] for row in rows], self.pad_id)


def tokenize_pairs(
    tokenizer: Any, source: Sequence[str], target: Sequence[str], languages: Languages, max_length: int
) -> TokenPairs:
    """Tokenise both sides.

    :param tokenizer: The model's.
    :param source: ``P`` texts, the prefix put on.
    :param target: Their translations.
    :param languages: Told to tokenizers that want to know.
    :param max_length: Tokens at which either side is cut.
    :return: The pairs.
    """
    both = (languages.source, languages.target)
    set_languages(tokenizer, *(language_token(tokenizer, language, None) for language in both))
    limits = {"truncation": True, "max_length": max_length}
    sides = (
        tokenizer([*source], **limits)["input_ids"],
        tokenizer(text_target=[*target], **limits)["input_ids"],
    )
    return TokenPairs(*sides, tokenizer.pad_token_id)

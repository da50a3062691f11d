"""Language codes of models that know many languages: NLLB, M2M-100 and mBART."""

from __future__ import annotations

import re
from typing import Any

from langalign.errors import SpecError
from langalign.translation._languages import Language


def language_token(tokenizer: Any, language: Language, code: str | None) -> str | None:
    """Find the token that stands for a language.

    :param tokenizer: The model's.
    :param language: The language.
    :param code: The token or code to use, if it was asked for.
    :return: ``kor_Hang``, ``__ko__`` or ``ko_KR``; None where the model knows no such tokens.
    :raises SpecError: If what was asked for is not in the vocabulary.
    """
    vocabulary = tokenizer.get_vocab()
    if code is not None:
        found = next((token for token in (code, f"__{code}__") if token in vocabulary), None)
        if found is None:
            raise SpecError(
                f"language code {code!r} is not in the model's vocabulary; look it up in its card"
            )
        return found
    for token in (language.nllb, f"__{language.code}__"):
        if token in vocabulary:
            return token
    pattern = re.compile(f"{re.escape(language.code)}_[A-Z]{{2}}")
    return next((token for token in vocabulary if pattern.fullmatch(token)), None)


def set_languages(tokenizer: Any, source: str | None, target: str | None) -> None:
    """Tell a tokenizer the languages, if it is one that wants to know.

    :param tokenizer: The model's; changed in place.
    :param source: Token of the source language.
    :param target: Token of the target language.
    """
    for attribute, token in (("src_lang", source), ("tgt_lang", target)):
        if token is not None and hasattr(tokenizer, attribute):
            setattr(tokenizer, attribute, token.strip("_"))

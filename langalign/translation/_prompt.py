"""What a chat model is told: the paper's request (Figure 6) by default, or any other from a file."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from langalign.errors import SpecError
from langalign.translation._languages import Language

_HOLE = re.compile(r"\{(language|text)\}")
_ROLES = ("system", "user", "assistant", "developer")


@dataclass(frozen=True)
class Message:
    """One message; ``{language}`` and ``{text}`` in its content are filled in, other braces are text."""

    role: str
    content: str


KOREAN = (
    Message("system", "다음 입력 문장을 번역하고, 번역 결과만 출력하세요."),
    Message("user", "{text}"),
    Message("system", "번역:"),
)
"""The paper's request: in Korean, naming no language."""

ANY_LANGUAGE = (
    Message("system", "Translate the following input sentence into {language}. Print the translation only."),
    Message("user", "{text}"),
    Message("system", "Translation:"),
)
"""The same for all other languages, which it has to name."""


def default_prompt(target: Language) -> Sequence[Message]:
    """Choose the request that suits a language.

    :param target: The language to translate into.
    :return: The messages.
    """
    return KOREAN if target.code == "ko" else ANY_LANGUAGE


def read_prompt(path: Path) -> Sequence[Message]:
    """Read a request from a file.

    A ``.json`` file holds a list of messages, ``[{"role": "system", "content": "…"}, …]``; any other
    file is the content of one user message.

    :param path: The file.
    :return: The messages.
    :raises SpecError: If it cannot be read, or ``{text}`` stands nowhere in it.
    """
    try:
        written = path.read_text(encoding="utf-8-sig")
        messages = (
            _messages(written) if path.suffix.lower() == ".json" else [Message("user", written.strip())]
        )
    except OSError as error:
        raise SpecError(
            f"prompt {path} cannot be read: {error.strerror}; name a text or .json file"
        ) from error
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise SpecError(
            f"prompt {path} is no UTF-8 text or list of messages ({error}); "
            'write [{"role": "user", "content": "…{text}…"}]'
        ) from error
    if not any("{text}" in message.content for message in messages):
        raise SpecError(f"prompt {path} has no {{text}}; write it where the text to translate shall stand")
    return messages


def fill(messages: Sequence[Message], target: Language, text: str | None) -> list[dict[str, str]]:
    """Fill the holes in, each once: what stands in a text is never taken for a hole.

    :param messages: The request.
    :param target: The language to translate into.
    :param text: The text; None leaves its hole open.
    :return: Messages as the protocol wants them.
    """
    values = {"language": target.name, "text": "{text}" if text is None else text}
    return [
        {"role": one.role, "content": _HOLE.sub(lambda hole: values[hole[1]], one.content)}
        for one in messages
    ]


def _messages(written: str) -> list[Message]:
    messages = [Message(one["role"], one["content"]) for one in json.loads(written)]
    for message in messages:
        if message.role not in _ROLES or not isinstance(message.content, str):
            raise ValueError(f"role {message.role!r} or its content")
    return messages

"""Where an OpenAI-compatible server is, what lets us in, and how its failures are told.

Both come from ``OPENAI_BASE_URL`` and ``OPENAI_API_KEY`` alone, so that neither a key nor a password can
end in a SPEC, an identity, an error or a log.

Shared by :mod:`langalign.encoders` and :mod:`langalign.translation`, which never import each other.
"""

from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Mapping
from functools import cached_property
from typing import Any
from urllib.parse import unquote, urlsplit, urlunsplit

from langalign.errors import ServiceError, SpecError

DEFAULT_URL = "https://api.openai.com/v1"
URL_VARIABLE, KEY_VARIABLE = "OPENAI_BASE_URL", "OPENAI_API_KEY"


class OpenAIService:
    """A server, as the environment tells it when it is first needed."""

    def __init__(self, model: str, *, max_retries: int, timeout: float) -> None:
        """Take what the client needs; nothing is sent.

        :param model: The server's name of the model, for messages.
        :param max_retries: Tries that the client makes by itself after the first.
        :param timeout: Seconds to wait for an answer.
        """
        self._model, self._max_retries, self._timeout = model, max_retries, timeout

    @cached_property
    def url(self) -> str:
        """Tell the server's base URL, without credentials, query or a slash at the end."""
        parts = urlsplit(os.environ.get(URL_VARIABLE) or DEFAULT_URL)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SpecError(f"{URL_VARIABLE} is no http or https URL; set it to such as {DEFAULT_URL}")
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path.rstrip("/"), "", ""))

    @cached_property
    def client(self) -> Any:
        """Make the client; a missing key shows here."""
        import openai

        key = os.environ.get(KEY_VARIABLE)
        if not key:
            raise ServiceError(
                f"{KEY_VARIABLE} is not set; set it (to anything, if {self.url} asks for none)"
            )
        headers: Mapping[str, str] = {}
        if self._credentials:  # kept out of the URL, which HTTP clients log
            headers = {"Authorization": "Basic " + b64encode(":".join(self._credentials).encode()).decode()}
        return openai.OpenAI(
            api_key=key,
            base_url=self.url,
            max_retries=self._max_retries,
            timeout=self._timeout,
            default_headers=headers,
        )

    def line(self, problem: str) -> str:
        """Tell a problem in one line: no line breaks, no key, no end of it.

        :param problem: What the server did.
        :return: The line.
        """
        line = " ".join(f"{self.url} {problem} for model {self._model!r}".split())
        for secret in (os.environ.get(KEY_VARIABLE), *self._credentials):
            line = line.replace(secret, "…") if secret else line
        return f"{line[:500]}; check {URL_VARIABLE}, {KEY_VARIABLE} and the model, then run again"

    @property
    def _credentials(self) -> tuple[str, ...]:
        """Take user and password out of the URL, if it has them."""
        parts = urlsplit(os.environ.get(URL_VARIABLE) or DEFAULT_URL)
        return (unquote(parts.username or ""), unquote(parts.password)) if parts.password else ()


def estimate_tokens(text: str) -> int:
    """Estimate a text's tokens from its bytes, rather too many than too few.

    OpenAI's vocabularies spend about four bytes of ASCII on a token and, in Korean, Japanese or
    Chinese, two to three bytes; this counts three and two, and one token more.

    :param text: Any text.
    :return: Estimated tokens, at least 1.
    """
    size = len(text.encode("utf-8", "surrogatepass"))
    ascii_bytes = sum(map(str.isascii, text)) if size > len(text) else size
    return 1 + ascii_bytes // 3 + (size - ascii_bytes) // 2

"""Chat models of OpenAI, or of any server that speaks its protocol.

Each text is a request of its own, as in the paper. Back-off is left to the caller, who alone knows the
budget and what is in flight; the client's own is off.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from functools import cached_property
from typing import Any, ClassVar

from langalign.errors import ServiceError, SpecError
from langalign.openai_service import DEFAULT_URL, OpenAIService, estimate_tokens
from langalign.option_checks import require_least, require_positive
from langalign.paths import user_path
from langalign.translation._languages import Languages
from langalign.translation._prompt import Message, default_prompt, fill, read_prompt
from langalign.translation.base import Answer, Translator, UnansweredError

_PASSING = (408, 409, 425, 429)
_HOPELESS = (401, 403, 404)
_MESSAGE_TOKENS = 4
"""Tokens that frame each message."""

_FINISHED = {"stop": "", "length": "truncated", "content_filter": "refused"}
_asking: ContextVar[bool] = ContextVar("asking", default=False)


class OpenAITranslator(Translator):
    """Ask a chat model for one translation at a time."""

    paid: ClassVar[bool] = True

    def __init__(
        self,
        name: str = "gpt-4-turbo-preview",
        *,
        temperature: float = 1.0,
        max_tokens: int | None = None,
        prompt: str | None = None,
        max_retries: int = 8,
        backoff: float = 0.5,
        timeout: float = 60.0,
    ) -> None:
        """Take the options; nothing is sent. The defaults are the paper's.

        :param name: The server's name of the model.
        :param temperature: How freely the model chooses.
        :param max_tokens: Tokens that an answer may have; longer ones are cut by the server.
        :param prompt: File with another request; see :func:`langalign.translation._prompt.read_prompt`.
        :param max_retries: Times that a request is sent again after a rate limit, server error, time-out
            or dropped connection.
        :param backoff: Seconds before the first of them; they double up to a minute, unless the server
            says how long.
        :param timeout: Seconds to wait for an answer.
        :raises SpecError: If a number is out of range, or the prompt cannot be used.
        """
        for option, value, least in (("max_tokens", max_tokens, 1), ("max_retries", max_retries, 0)):
            if value is not None:
                require_least(option, value, least)
        if not 0 <= temperature <= 2:
            raise SpecError(f"temperature={temperature} is out of range; give 0 to 2")
        require_positive("timeout", timeout)
        require_least("backoff", backoff, 0)
        self.name, self.temperature, self.max_tokens = name, temperature, max_tokens
        self.max_retries, self.backoff, self.timeout = max_retries, backoff, timeout
        self._prompt = read_prompt(user_path(prompt)) if prompt is not None else None
        self._service = OpenAIService(name, max_retries=0, timeout=timeout)

    @property
    def url(self) -> str:
        """Tell the server's base URL, without credentials."""
        return self._service.url

    @property
    def metered(self) -> bool:
        """Tell whether this is OpenAI's own service; other servers are often one's own."""
        return self.url == DEFAULT_URL

    def request(self, languages: Languages) -> Mapping[str, Any]:
        """Tell URL, model, messages with the text left out, parameters and languages."""
        codes = [languages.source.code, languages.target.code]
        return {"kind": "openai", "url": self.url, "languages": codes, **self._body(languages, None)}

    def load(self) -> None:
        """Make the client; a missing key shows here."""
        _ = self._client

    def ask(self, texts: Sequence[str], languages: Languages) -> list[str]:
        """Send one request for each text.

        :param texts: One text, or more.
        :param languages: From and into which.
        :return: The bodies of the answers, unread.
        :raises UnansweredError: If no answer came.
        :raises ServiceError: If the server does not let us in, or knows no such model.
        """
        return [self._send(self._body(languages, text)) for text in texts]

    def read(self, raw: str) -> Answer:
        """Read the body of an answer.

        :param raw: The body.
        :return: What the model wrote, and the tokens that were charged.
        """
        try:
            content = json.loads(raw)
            choice, usage = content["choices"][0], content.get("usage") or {}
            message, finish = choice["message"], choice.get("finish_reason") or "stop"
            text = message.get("content") or ""
            problem = _FINISHED.get(finish, "") or ("refused" if message.get("refusal") else "")
            counts = [usage.get(key) for key in ("prompt_tokens", "completion_tokens")]
            tokens_in, tokens_out = (count if isinstance(count, int) else None for count in counts)
            return Answer(text.strip(), problem, tokens_in, tokens_out)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError, RecursionError):
            return Answer("", "broken")

    def estimate(self, text: str, languages: Languages) -> tuple[int, int]:
        """Estimate tokens from bytes; a translation is taken to have twice the text's."""
        messages = fill(self._messages(languages), languages.target, text)
        tokens_in = sum(_MESSAGE_TOKENS + estimate_tokens(one["content"]) for one in messages)
        tokens_out = 2 * estimate_tokens(text) + _MESSAGE_TOKENS
        return tokens_in, min(tokens_out, self.max_tokens or tokens_out)

    def _messages(self, languages: Languages) -> Sequence[Message]:
        return self._prompt or default_prompt(languages.target)

    def _body(self, languages: Languages, text: str | None) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.name,
            "messages": fill(self._messages(languages), languages.target, text),
            "temperature": self.temperature,
        }
        return body if self.max_tokens is None else {**body, "max_tokens": self.max_tokens}

    def _send(self, body: Mapping[str, Any]) -> str:
        import openai

        token = _asking.set(True)
        try:
            answer = self._client.chat.completions.with_raw_response.create(**body)
        except openai.APIStatusError as error:
            failure = self._status(error.status_code, error.code, error.message, error.response.headers)
        except openai.APITimeoutError:
            line = self._service.line(f"did not answer within {self.timeout:g} s")
            failure = UnansweredError(line, "slow", again=True, charged=True)
        except openai.OpenAIError as error:
            line = self._service.line(f"cannot be reached ({error.__cause__ or error})")
            failure = UnansweredError(line, "dropped", again=True, charged=True)
        else:
            return bytes(answer.http_response.content).decode(errors="replace")
        finally:
            _asking.reset(token)
        # Raised outside the handlers: the client's errors carry the request with its headers.
        raise failure

    def _status(
        self, status: int, code: str | None, message: str, headers: Mapping[str, str]
    ) -> ServiceError:
        line = self._service.line(f"answered {status}: {message}")
        if status in _HOPELESS or code == "insufficient_quota":
            return ServiceError(line)
        if status in _PASSING or status >= 500:
            problem = "busy" if status == 429 else "server error"
            return UnansweredError(line, problem, again=True, wait=_told_wait(headers))
        return UnansweredError(line, "rejected", again=False)

    @cached_property
    def _client(self) -> Any:
        logger = logging.getLogger("openai._base_client")
        if _no_bodies not in logger.filters:
            logger.addFilter(_no_bodies)
        return self._service.client


def _no_bodies(record: logging.LogRecord) -> bool:
    """Keep the client's debug records, which hold whole requests, out of logs while texts are sent."""
    return not (_asking.get() and record.levelno < logging.INFO)


def _told_wait(headers: Mapping[str, str]) -> float | None:
    """Read ``Retry-After``: seconds or a date, or OpenAI's own header in milliseconds."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        told = headers.get("retry-after", "")
        if told.replace(".", "", 1).isdigit():
            return float(told)
        return max(0.0, (parsedate_to_datetime(told) - datetime.now(timezone.utc)).total_seconds())
    except (ValueError, TypeError):
        return None

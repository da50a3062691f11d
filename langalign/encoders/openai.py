"""Embeddings of OpenAI, or of any server that speaks its protocol.

Its answers are paid for and cannot be checked against weights, so they are checked against each other.
"""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from langalign.encoders.base import BaseEncoder
from langalign.errors import ServiceError
from langalign.openai_service import OpenAIService, estimate_tokens
from langalign.option_checks import require_least, require_positive
from langalign.types import Identity, Text, Vectors


class OpenAIEncoder(BaseEncoder):
    """Ask a server for embeddings, in large batches, with retries."""

    paid: ClassVar[bool] = True

    # The service takes 2,048 texts and 300,000 tokens at a time; tokens are estimated, so stay below.
    batch_tokens: int = 250_000
    batch_rows: int = 2048

    def __init__(
        self,
        name: str,
        *,
        dimensions: int | None = None,
        max_retries: int = 6,
        timeout: float = 60.0,
        storage: str = "float32",
        device: str = "auto",
    ) -> None:
        """Take the options; nothing is sent.

        :param name: The server's name of the model.
        :param dimensions: Width to ask for; None for the model's own.
        :param max_retries: Tries after the first, on rate limits, server errors and time-outs; the
            waits double from half a second to eight, or are what the server asks for.
        :param timeout: Seconds to wait for an answer.
        :param storage: Number format of the stored vectors.
        :param device: Taken for uniformity; the server decides.
        :raises SpecError: If a number is out of range.
        """
        super().__init__(storage=storage, device=device)
        for option, value, least in (("dimensions", dimensions, 1), ("max_retries", max_retries, 0)):
            if value is not None:
                require_least(option, value, least)
        require_positive("timeout", timeout)
        self.name, self.dimensions = name, dimensions
        self.max_retries, self.timeout = max_retries, timeout
        self._service = OpenAIService(name, max_retries=max_retries, timeout=timeout)
        self.width = dimensions

    @cached_property
    def identity(self) -> Identity:
        """Tell URL, model and dimensions; a server tells no revision of its weights."""
        return self._identity(self.name, "", {"url": self._service.url, "dimensions": self.dimensions})

    def load(self) -> None:
        """Make the client; a missing key shows here."""
        _ = self._service.client

    def tokenize(self, texts: Sequence[Text]) -> tuple[Sequence[Any], NDArray[np.int64]]:
        """Give the texts back with their estimated lengths; nothing is sent.

        :param texts: ``N`` texts.
        :return: The texts, and :func:`estimate_tokens` of each. Shape: ``(N,)``.
        """
        singles = self._single(texts)
        return singles, np.array([estimate_tokens(text) for text in singles], dtype=np.int64)

    def embed(self, ids: Sequence[Any]) -> Vectors:
        """Ask for one batch.

        :param ids: ``N`` texts.
        :return: Vectors in the order of the texts. Shape: ``(N, D)``.
        :raises ServiceError: If the server fails, cannot be reached, or answers something else.
        """
        vectors = self._read(self._ask(list(ids)), len(ids))
        if self.width not in (None, vectors.shape[1]):
            raise self._failure(f"gave vectors of width {vectors.shape[1]}, not {self.width} as before")
        self.width = vectors.shape[1]
        return vectors

    def _ask(self, texts: list[str]) -> bytes:
        """Send one request and give the answer's bytes."""
        import openai

        request: dict[str, Any] = {"model": self.name, "input": texts, "encoding_format": "base64"}
        if self.dimensions is not None:
            request["dimensions"] = self.dimensions
        try:
            answer = self._service.client.embeddings.with_raw_response.create(**request)
        except openai.APIStatusError as error:
            problem = f"answered {error.status_code}: {error.message}"
        except openai.APITimeoutError:
            problem = f"did not answer within {self.timeout:g} s"
        except openai.OpenAIError as error:
            problem = f"cannot be reached ({error.__cause__ or error})"
        else:
            return bytes(answer.http_response.content)
        # Raised outside the handlers: the client's errors carry the request with its headers.
        raise self._failure(problem)

    def _read(self, answer: bytes, expected: int) -> Vectors:
        """Check an answer and order its vectors."""
        try:
            content = json.loads(answer)
            told, items = content.get("model"), content["data"]
            rows = {item["index"]: _decode(item["embedding"]) for item in items}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise self._failure(f"gave no list of embeddings ({type(error).__name__}: {error})") from error
        if not _same_model(self.name, told):
            raise self._failure(f"answered with model {told!r}")
        if len(items) != expected or rows.keys() != set(range(expected)):
            raise self._failure(
                f"gave {len(items):,} vectors with {len(rows):,} different numbers for {expected:,} texts"
            )
        widths = {len(row) for row in rows.values()}
        if len(widths) != 1 or 0 in widths:
            raise self._failure(f"gave vectors of widths {sorted(widths)} in one answer")
        vectors = np.stack([rows[index] for index in range(expected)])
        if not np.isfinite(vectors).all():
            raise self._failure("gave NaN or infinite numbers")
        return vectors

    def _failure(self, problem: str) -> ServiceError:
        return ServiceError(self._service.line(problem))


def _decode(embedding: str | list[float]) -> Vectors:
    """Read one vector: base64 of little-endian float32, or a list of numbers. Shape: ``(D,)``.

    numpy would make numbers of text and truth values, too.
    """
    if isinstance(embedding, str):
        return np.frombuffer(b64decode(embedding, validate=True), dtype="<f4").astype(np.float32)
    numbers = np.array(embedding)
    if numbers.ndim != 1 or numbers.dtype.kind not in "fiu":
        raise TypeError(f"an embedding holds {numbers.dtype} of shape {numbers.shape}")
    with np.errstate(over="ignore"):  # what overflows is refused as infinite
        return numbers.astype(np.float32)


def _same_model(asked: str, told: object) -> bool:
    """Tell whether a model's name in an answer can be the one asked for.

    Servers add versions (``text-embedding-ada-002-v2``) and folders, so one must hold the other.
    """
    if not isinstance(told, str):
        return told is None
    if not told:
        return True
    one, other = (name.casefold().rstrip("/").rpartition("/")[2] for name in (asked, told))
    return one in other or other in one

"""A real HTTP server on loopback that speaks the embeddings protocol, and can be told to misbehave."""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message

import numpy as np

from langalign.encoders.hashing import HashingEncoder
from tests.loopback import JsonHandler, listening


class EmbeddingsServer:
    """Answers with hashed n-grams.

    Each request takes the next step of ``script``: a status code to fail with, seconds to hang, or None
    to answer. ``alter`` may change an answer before it is sent.
    """

    def __init__(self) -> None:
        self.script: list[int | float | None] = []
        self.alter: Callable[[dict], object] = lambda answer: answer
        self.as_base64 = True
        self.message = "as told"
        self.requests: list[dict] = []
        self.headers: list[Message] = []

    def answer(self, request: dict) -> dict:
        width = request.get("dimensions", 16)
        vectors = HashingEncoder(width=width).encode(request["input"])
        data = [{"object": "embedding", "index": i, "embedding": self.pack(v)} for i, v in enumerate(vectors)]
        return {"object": "list", "model": request["model"], "data": data, "usage": {"total_tokens": 1}}

    def pack(self, vector: np.ndarray) -> object:
        return b64encode(vector.astype("<f4").tobytes()).decode() if self.as_base64 else vector.tolist()


@contextmanager
def serving(server: EmbeddingsServer) -> Iterator[str]:
    """Serve until the block ends; give the base URL."""

    class Handler(JsonHandler):
        def act(self, request: dict) -> None:
            server.requests.append(request)
            server.headers.append(self.headers)
            step = server.script.pop(0) if server.script else None
            if isinstance(step, float):
                time.sleep(step)
            status, answer = 200, server.alter(server.answer(request))
            if isinstance(step, int):
                status, answer = step, {"error": {"message": server.message}}
            self.reply(status, answer, {"retry-after-ms": "1"})

    with listening(Handler) as url:
        yield url

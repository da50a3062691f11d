"""A real HTTP server on loopback that speaks the embeddings protocol, and can be told to misbehave."""

from __future__ import annotations

import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np

from langalign.encoders.hashing import HashingEncoder

KEY = "sk-test-0123456789-do-not-tell"


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

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            server.requests.append(request)
            server.headers.append(self.headers)
            step = server.script.pop(0) if server.script else None
            if isinstance(step, float):
                time.sleep(step)
            if isinstance(step, int):
                self.reply(step, {"error": {"message": server.message}})
            else:
                self.reply(200, server.alter(server.answer(request)))

        def reply(self, status: int, content: object) -> None:
            body = content if isinstance(content, bytes) else json.dumps(content).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("retry-after-ms", "1")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    class Quiet(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """Say nothing of clients that hung up."""

    httpd = Quiet(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/v1"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()

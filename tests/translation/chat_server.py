"""A real HTTP server on loopback that speaks the chat protocol, misbehaves on purpose, and counts charges."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-test-0123456789-do-not-tell"
TOKENS_IN, TOKENS_OUT = 30, 20
SLOW_SECONDS = 2


def korean(text: str) -> str:
    """Translate, in a way of speaking."""
    return f"한국어로 {text}"


class ChatServer:
    """Answers in Korean.

    ``trouble`` tells, for a text and the number of times it was asked for, what to do: ``ok`` and
    ``same``, ``empty``, ``refuse``, ``filter``, ``cut`` are charged for, ``busy``, ``error``, ``drop``,
    ``unpaid``, ``slow``, ``broken`` and a status code are not.
    """

    def __init__(self) -> None:
        self.trouble: Callable[[str, int], str] = lambda text, nth: "ok"
        self.asked: Counter[str] = Counter()
        self.charged: Counter[str] = Counter()
        self.good: Counter[str] = Counter()
        self.requests: list[dict] = []
        self.headers: list[Message] = []
        self.retry_after = "0"
        self.in_flight = self.most_in_flight = 0
        self.delay = 0.0
        self.lock = threading.Lock()

    def hear(self, request: dict, headers: Message) -> tuple[str, str]:
        text = next(one["content"] for one in request["messages"] if one["role"] == "user")
        with self.lock:
            self.asked[text] += 1
            self.requests.append(request)
            self.headers.append(headers)
            self.in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self.in_flight)
            return text, self.trouble(text, self.asked[text])

    def charge(self, text: str, step: str) -> None:
        with self.lock:
            self.charged[text] += 1
            self.good[text] += step == "ok"

    @property
    def cost(self) -> float:
        """What was charged at 1 dollar a million tokens in, and 2 out."""
        return sum(self.charged.values()) * (TOKENS_IN + 2 * TOKENS_OUT) / 1e6


def answer(request: dict, text: str, step: str) -> dict:
    content = {
        "ok": korean(text),
        "same": text,
        "empty": "",
        "refuse": "I'm sorry, but I cannot translate this sentence.",
        "filter": None,
        "cut": korean(text)[:6],
    }[step]
    finish = {"filter": "content_filter", "cut": "length"}.get(step, "stop")
    return {
        "id": "1",
        "object": "chat.completion",
        "model": request["model"],
        "choices": [
            {"index": 0, "finish_reason": finish, "message": {"role": "assistant", "content": content}}
        ],
        "usage": {"prompt_tokens": TOKENS_IN, "completion_tokens": TOKENS_OUT},
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    chat: ChatServer

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        text, step = self.chat.hear(request, self.headers)
        try:
            time.sleep(self.chat.delay)
            self.act(request, text, step)
        finally:
            with self.chat.lock:
                self.chat.in_flight -= 1

    def act(self, request: dict, text: str, step: str) -> None:
        if step == "slow":
            time.sleep(SLOW_SECONDS)
        if step in ("drop", "slow"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
        elif step == "broken":
            self.reply(200, b'{"choices": [{"message": {"content": "\xed\x95\x9c')
        elif step in ("busy", "error", "unpaid") or step.isdigit():
            status = {"busy": 429, "error": 500, "unpaid": 429}.get(step) or int(step)
            code = "insufficient_quota" if step == "unpaid" else None
            self.reply(status, {"error": {"message": f"as told, {KEY}", "code": code}})
        else:
            self.chat.charge(text, step)
            self.reply(200, answer(request, text, step))

    def reply(self, status: int, content: object) -> None:
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if status == 429:
            self.send_header("Retry-After", self.chat.retry_after)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hung up."""


@contextmanager
def serving(server: ChatServer) -> Iterator[str]:
    """Serve until the block ends; give the base URL."""
    httpd = _Quiet(("127.0.0.1", 0), type("Handler", (_Handler,), {"chat": server}))
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/v1"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()

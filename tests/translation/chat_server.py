"""A real HTTP server on loopback that speaks the chat protocol, misbehaves on purpose, and counts charges."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.message import Message

from tests.loopback import KEY, JsonHandler, listening

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


class _Handler(JsonHandler):
    protocol_version = "HTTP/1.1"
    chat: ChatServer

    def act(self, request: dict) -> None:
        text, step = self.chat.hear(request, self.headers)
        try:
            time.sleep(self.chat.delay)
            self.take(request, text, step)
        finally:
            with self.chat.lock:
                self.chat.in_flight -= 1

    def take(self, request: dict, text: str, step: str) -> None:
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
            wait = {"Retry-After": self.chat.retry_after} if status == 429 else None
            self.reply(status, {"error": {"message": f"as told, {KEY}", "code": code}}, wait)
        else:
            self.chat.charge(text, step)
            self.reply(200, answer(request, text, step))


@contextmanager
def serving(server: ChatServer) -> Iterator[str]:
    """Serve until the block ends; give the base URL."""
    with listening(type("Handler", (_Handler,), {"chat": server})) as url:
        yield url

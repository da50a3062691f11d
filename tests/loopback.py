"""What the services that tests talk to have in common: real HTTP on loopback, JSON, nothing on stderr."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

KEY = "sk-test-0123456789-do-not-tell"
"""The key that clients send, and that must appear nowhere."""


class JsonHandler(BaseHTTPRequestHandler):
    """Reads and answers JSON."""

    def do_POST(self) -> None:
        self.act(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

    def act(self, request: dict) -> None:
        """Answer a request."""
        raise NotImplementedError

    def reply(self, status: int, content: object, headers: Mapping[str, str] | None = None) -> None:
        """Answer; bytes are sent as they are."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        told = {"Content-Type": "application/json", "Content-Length": str(len(body)), **(headers or {})}
        for name, value in told.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_: object) -> None:
        """Say nothing of clients that hung up."""


@contextmanager
def listening(handler: type[JsonHandler]) -> Iterator[str]:
    """Serve until the block ends; give the base URL."""
    httpd = _Quiet(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=httpd.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{httpd.server_port}/v1"
    finally:
        httpd.shutdown()
        thread.join()
        httpd.server_close()

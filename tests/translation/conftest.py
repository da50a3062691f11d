"""A server for each test that asks, and small random models made once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.loopback import KEY
from tests.translation.chat_server import ChatServer, serving
from tests.translation.small_t5 import save_small_marian, save_small_t5


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    """A server that behaves until it is told otherwise, which the environment points at."""
    told = ChatServer()
    with serving(told) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield told


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "memory.sqlite"


@pytest.fixture(scope="session")
def small_t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_t5(tmp_path_factory.mktemp("models") / "small-t5")


@pytest.fixture(scope="session")
def small_marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_marian(tmp_path_factory.mktemp("models") / "small-marian")

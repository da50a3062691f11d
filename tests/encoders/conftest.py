"""A small random model made once for all tests, and a server for each that asks."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.encoders.embeddings_server import EmbeddingsServer, serving
from tests.encoders.small_model import save_small_model
from tests.loopback import KEY


@pytest.fixture(scope="session")
def small_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_model(tmp_path_factory.mktemp("models") / "small-xlm-r")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[EmbeddingsServer]:
    """A well-behaved server, which the environment points at."""
    told = EmbeddingsServer()
    with serving(told) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield told

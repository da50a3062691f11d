"""Fixtures that every test shares: a clean environment and a cache of the test's own."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

# Read when huggingface_hub is imported; unset, a test that asks the hub would wait for a network.
os.environ["HF_HUB_OFFLINE"] = "1"
# A shell has what it runs in the background ignore interrupts, and so would all that tests start.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def one_thread() -> Iterator[None]:
    """Small models gain nothing from more threads; two workers of more than one on two cores lose much."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def two_threads() -> Iterator[None]:
    """Have more threads than one, for a test of what leaves their number alone."""
    import torch

    torch.set_num_threads(2)
    yield
    torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Forget what the developer's shell says, and keep vectors in the test's folder."""
    for name in [*os.environ]:
        if name.startswith(("LANGALIGN_", "OPENAI_")) and name not in ("LANGALIGN_DATA", "LANGALIGN_E5"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("LANGALIGN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COLUMNS", "120")

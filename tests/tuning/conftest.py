"""Small random models, made once for all tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.encoders.small_model import save_small_model
from tests.tuning.toy import save_still_model


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_model(tmp_path_factory.mktemp("models") / "small-xlm-r")


@pytest.fixture(scope="session")
def still_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model without dropout."""
    return save_still_model(tmp_path_factory.mktemp("models") / "still-xlm-r")

from __future__ import annotations

from pathlib import Path

import pytest

from langalign.store import Store, fill
from tests.store.toy import TEXTS, ToyEncoder, store_in


@pytest.fixture
def store(tmp_path: Path) -> Store:
    store = store_in(tmp_path / "from")
    fill(ToyEncoder(), store, TEXTS)
    return store

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from langalign.store import Store, fill
from langalign.store.plan import PROBE_TEXTS, plan
from tests.store.toy import ToyEncoder, numbered, vector


def test_a_plan_counts_and_stores_nothing(tmp_path: Path) -> None:
    toy = ToyEncoder(delay=0.001)
    store = Store(tmp_path, toy.identity)
    fill(toy, store, numbered(0, 10))
    foreseen = plan(toy, store, [*numbered(0, 2000), *numbered(0, 5)])
    assert (foreseen.texts, foreseen.unique, foreseen.cached, foreseen.to_embed) == (2005, 2000, 10, 1990)
    assert foreseen.tokens == sum(len(text) for text in numbered(10, 2000))
    assert foreseen.cost is None
    assert foreseen.seconds is not None
    assert foreseen.seconds > 0.001
    assert len(toy.embedded) - 10 <= PROBE_TEXTS
    assert len(Store(tmp_path, toy.identity)) == 10


def test_a_paid_encoder_is_priced_and_never_asked(tmp_path: Path) -> None:
    toy = ToyEncoder(paid=True)
    foreseen = plan(toy, Store(tmp_path, toy.identity), ["x" * 1000, "y" * 500], price=2.0)
    assert foreseen.cost == pytest.approx(1500 * 2.0 / 1e6)
    assert foreseen.seconds is None
    assert toy.batches == []


def test_nothing_new_takes_no_time(tmp_path: Path) -> None:
    toy = ToyEncoder()
    store = Store(tmp_path, toy.identity)
    fill(toy, store, ["a"])
    assert plan(toy, store, ["a", "a"]).to_json() == {
        "texts": 2, "unique": 1, "cached": 1, "to_embed": 0, "tokens": 0, "seconds": 0.0, "cost": None,
    }  # fmt: skip


def test_texts_are_read_by_position_and_once(tmp_path: Path) -> None:
    toy, texts = ToyEncoder(), numbered(0, 6)
    series = pytest.importorskip("pandas").Series(texts, index=range(6)[::-1])
    for given in (series, iter(texts)):
        foreseen = plan(toy, Store(tmp_path, toy.identity), given)
        assert (foreseen.texts, foreseen.tokens) == (6, sum(map(len, texts)))
    assert fill(toy, Store(tmp_path, toy.identity), series).embedded == 6
    np.testing.assert_array_equal(
        Store(tmp_path, toy.identity).vectors(iter(texts)), np.stack([vector(text) for text in texts])
    )

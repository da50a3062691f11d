from __future__ import annotations

from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from langalign.errors import DamageError, ShapeError
from langalign.store import Store, fill
from langalign.store.shard import MEND
from tests.store.toy import WIDTH, ToyEncoder, numbered, vector


def stored(tmp_path: Path, encoder: ToyEncoder) -> Store:
    return Store(tmp_path, encoder.identity)


def test_duplicates_do_not_shift_later_rows(tmp_path: Path) -> None:
    """The case that caches which number their rows get wrong."""
    toy = ToyEncoder()
    store = stored(tmp_path, toy)
    fill(toy, store, ["a", "a", "b"])
    fill(toy, store, ["c"])
    for text in ("a", "b", "c"):
        np.testing.assert_array_equal(store.vectors([text])[0], vector(text))


def test_each_distinct_text_is_embedded_once(tmp_path: Path) -> None:
    toy = ToyEncoder()
    store = stored(tmp_path, toy)
    texts = numbered(0, 200)
    first = fill(toy, store, [*texts, *texts[:50]])
    assert (first.texts, first.unique, first.cached, first.embedded) == (250, 200, 0, 200)
    second = fill(toy, Store(tmp_path, toy.identity), [*texts, "new"])
    assert (second.texts, second.unique, second.cached, second.embedded) == (201, 201, 200, 1)
    assert sorted(map(str, toy.embedded)) == sorted([*texts, "new"])


def test_pairs_are_kept_apart_from_single_texts(tmp_path: Path) -> None:
    toy = ToyEncoder()
    store = stored(tmp_path, toy)
    fill(toy, store, [("a", "b"), "ab"])
    np.testing.assert_array_equal(store.vectors([("a", "b")])[0], vector(("a", "b")))


def test_batches_stay_within_the_token_budget_and_are_of_like_length(tmp_path: Path) -> None:
    toy = ToyEncoder()
    fill(toy, stored(tmp_path, toy), numbered(0, 500))
    lengths = [[len(str(text)) for text in batch] for batch in toy.batches]
    assert all(
        len(batch) * max(batch) <= toy.batch_tokens and len(batch) <= toy.batch_rows for batch in lengths
    )
    assert [length for batch in lengths for length in batch] == sorted(
        (len(text) for text in numbered(0, 500)), reverse=True
    )


def test_a_text_longer_than_the_budget_is_a_batch_of_its_own(tmp_path: Path) -> None:
    toy = ToyEncoder()
    store = stored(tmp_path, toy)
    fill(toy, store, ["x" * 1000, "y"])
    assert len(toy.batches) == 2
    np.testing.assert_array_equal(store.vectors(["x" * 1000])[0], vector("x" * 1000))


def test_progress_counts_distinct_texts_up_to_all(tmp_path: Path) -> None:
    toy = ToyEncoder()
    store = stored(tmp_path, toy)
    fill(toy, store, numbered(0, 10))
    heard: list[tuple[int, int]] = []
    fill(toy, store, numbered(0, 100), progress=lambda done, total: heard.append((done, total)))
    assert heard[0] == (10, 100)
    assert heard[-1] == (100, 100)
    assert heard == sorted(heard)


def test_an_interrupt_loses_nothing_that_was_embedded(tmp_path: Path) -> None:
    class Interrupted(ToyEncoder):
        def embed(self, ids: list[object]) -> np.ndarray:
            if len(self.batches) == 3:
                raise KeyboardInterrupt
            return super().embed(ids)

    broken = Interrupted()
    with pytest.raises(KeyboardInterrupt):
        fill(broken, stored(tmp_path, broken), numbered(0, 200))
    toy = ToyEncoder()
    report = fill(toy, stored(tmp_path, toy), numbered(0, 200))
    assert report.cached == len(broken.embedded) > 0
    assert report.cached + len(toy.embedded) == 200


def test_paid_answers_are_stored_batch_by_batch(tmp_path: Path) -> None:
    class Dying(ToyEncoder):
        def embed(self, ids: list[object]) -> np.ndarray:
            if self.batches:
                assert len(Store(tmp_path, self.identity)) == len(self.embedded)
            return super().embed(ids)

    toy = Dying(paid=True)
    fill(toy, stored(tmp_path, toy), numbered(0, 100))
    assert len(toy.batches) > 2


def test_a_wrong_number_of_vectors_is_refused_and_nothing_of_the_batch_stored(tmp_path: Path) -> None:
    class Short(ToyEncoder):
        def embed(self, ids: list[object]) -> np.ndarray:
            return super().embed(ids)[:-1]

    toy = Short()
    with pytest.raises(ShapeError, match="for 1 texts"):
        fill(toy, stored(tmp_path, toy), ["a"])
    assert len(stored(tmp_path, toy)) == 0


@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_vectors_that_are_not_finite_are_refused_and_earlier_batches_kept(
    tmp_path: Path, number: float
) -> None:
    class Broken(ToyEncoder):
        def embed(self, ids: list[object]) -> np.ndarray:
            vectors = super().embed(ids)
            if len(self.batches) == 2:
                vectors[0, 3] = number
            return vectors

    toy = Broken()
    with pytest.raises(DamageError, match="NaN or infinite"):
        fill(toy, stored(tmp_path, toy), numbered(0, 100))
    assert len(stored(tmp_path, toy)) == len(toy.batches[0])


def test_many_small_runs_leave_few_shards(tmp_path: Path) -> None:
    toy = ToyEncoder()
    for start in range(0, 60, 2):
        fill(toy, stored(tmp_path, toy), numbered(start, start + 2))
    store = stored(tmp_path, toy)
    assert len(store.shards) <= 6
    np.testing.assert_array_equal(
        store.vectors(numbered(0, 60)), np.stack([vector(t) for t in numbered(0, 60)])
    )


def test_half_precision_takes_half_the_room_and_rounds_as_numpy_does(tmp_path: Path) -> None:
    half, full = ToyEncoder(storage="float16"), ToyEncoder()
    for toy in (half, full):
        fill(toy, stored(tmp_path, toy), numbered(0, 300))
    expected = np.stack([vector(text) for text in numbered(0, 300)]).astype(np.float16).astype(np.float32)
    got = stored(tmp_path, half).vectors(numbered(0, 300))
    assert got.dtype == np.float32
    np.testing.assert_array_equal(got, expected)
    assert stored(tmp_path, half).folder != stored(tmp_path, full).folder


def test_half_precision_overflow_is_refused(tmp_path: Path) -> None:
    class Huge(ToyEncoder):
        def embed(self, ids: list[object]) -> np.ndarray:
            return np.full((len(ids), WIDTH), 1e5, np.float32)

    toy = Huge(storage="float16")
    with pytest.raises(DamageError, match="float16"):
        fill(toy, stored(tmp_path, toy), ["a"])


def test_a_damaged_shard_is_named_with_the_command_that_mends_it(tmp_path: Path) -> None:
    toy = ToyEncoder()
    fill(toy, stored(tmp_path, toy), numbered(0, 5))
    (shard,) = stored(tmp_path, toy).folder.glob("*.h5")
    shard.write_bytes(shard.read_bytes()[:-100])
    with pytest.raises(DamageError, match=shard.name) as caught:
        stored(tmp_path, toy)
    assert MEND in str(caught.value)


def test_half_precision_overflow_costs_no_earlier_batch(tmp_path: Path) -> None:
    class Huge(ToyEncoder):
        def embed(self, ids: list[object]) -> np.ndarray:
            vectors = super().embed(ids)
            if len(self.batches) == 3:
                vectors[0, 0] = 1e5
            return vectors

    toy = Huge(storage="float16")
    with pytest.raises(DamageError, match="float16"):
        fill(toy, stored(tmp_path, toy), numbered(0, 100))
    assert len(stored(tmp_path, toy)) == sum(map(len, toy.batches[:2]))


def test_a_long_run_keeps_few_files_open(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(import_module("langalign.store.fill"), "MERGE_EVERY", 8)
    toy = ToyEncoder(paid=True)
    store = stored(tmp_path, toy)
    most: list[int] = []
    fill(toy, store, numbered(0, 600), progress=lambda done, total: most.append(len(store.shards)))
    assert len(toy.batches) > 24
    assert max(most) <= 12

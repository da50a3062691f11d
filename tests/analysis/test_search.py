from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from langalign.analysis import search
from langalign.analysis.search import Backend, nearest
from langalign.errors import MissingExtraError, ShapeError
from tests.analysis import oracle

BACKENDS: tuple[Backend, ...] = ("faiss", "exact")


def normal(rows: int, width: int = 24, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(rows, width)).astype(np.float32)


def check(queries: np.ndarray, base: np.ndarray, k: int, backend: Backend) -> None:
    table = oracle.cosines(queries, base)
    found = nearest(queries, base, k, backend=backend)
    wanted = oracle.order(table)[:, :k]
    assert found.scores.dtype == np.float64
    assert found.indices.dtype == np.int64
    assert np.array_equal(found.indices, wanted)
    assert found.scores == pytest.approx(np.take_along_axis(table, wanted, axis=1), abs=1e-11)


@pytest.mark.parametrize("backend", BACKENDS)
def test_neighbours_are_those_of_brute_force(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_CELLS", 1000)
    monkeypatch.setattr(search, "_QUERY_ROWS", 33)
    check(normal(100), normal(300, seed=1) * 50, 10, backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_more_neighbours_than_rows_gives_all_rows(backend: Backend) -> None:
    queries, base = normal(5), normal(3, seed=1)
    assert nearest(queries, base, 10, backend=backend).indices.shape == (5, 3)
    check(queries, base, 3, backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_heaps_of_copies_are_given_by_index(backend: Backend) -> None:
    base = np.concatenate([normal(50), np.tile(normal(1, seed=1), (100, 1))]).astype(np.float32)
    base[75] *= 3  # the same direction, another length
    found = nearest(base[60:61], base, 10, backend=backend)
    assert found.indices[0].tolist() == list(range(50, 60))
    check(base, base, 10, backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_differences_that_float32_cannot_see_decide(backend: Backend) -> None:
    base = np.tile(np.float64([1.0, 0.0]), (200, 1))
    base[:, 1] = 2e-6 * np.random.default_rng(0).permutation(200) + 1e-6
    found = nearest(np.array([[1.0, 0.0]], np.float32), base, 5, backend=backend)
    assert found.indices[0].tolist() == np.argsort(base[:, 1])[:5].tolist()


@pytest.mark.parametrize("backend", BACKENDS)
def test_zero_vectors_have_cosine_zero_to_everything(backend: Backend) -> None:
    queries, base = normal(4), normal(60, seed=1)
    queries[2] = 0
    base[[7, 9]] = 0
    found = nearest(queries, base, 60, backend=backend)
    assert found.scores[2].tolist() == [0.0] * 60
    assert found.indices[2].tolist() == list(range(60))
    check(queries, base, 5, backend)


@pytest.mark.parametrize("backend", BACKENDS)
def test_penalties_are_taken_off_the_scores(backend: Backend) -> None:
    queries, base = normal(40), normal(200, seed=1)
    penalties = np.random.default_rng(2).uniform(-1, 1, size=200)
    scores = oracle.cosines(queries, base) - penalties
    found = nearest(queries, base, 3, backend=backend, penalties=penalties)
    assert np.array_equal(found.indices, np.argsort(-scores, axis=1)[:, :3])
    assert found.scores == pytest.approx(-np.sort(-scores, axis=1)[:, :3], abs=1e-11)


small = st.integers(-2, 2).map(float)


@settings(deadline=None, max_examples=50)
@given(
    arrays(np.float32, (7, 3), elements=small),
    arrays(np.float32, (40, 3), elements=small),
    st.integers(1, 40),
)
def test_both_backends_agree_on_copies_zeros_and_any_length(
    queries: np.ndarray, base: np.ndarray, k: int
) -> None:
    through_faiss, exact = nearest(queries, base, k), nearest(queries, base, k, backend="exact")
    assert np.array_equal(through_faiss.indices, exact.indices)
    assert np.array_equal(exact.indices, oracle.order(oracle.cosines(queries, base))[:, :k])
    assert np.isfinite(through_faiss.scores).all()
    assert np.abs(through_faiss.scores - exact.scores).max() < 1e-11


@pytest.mark.parametrize("backend", BACKENDS)
def test_progress_ends_at_all_queries(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_QUERY_ROWS", 4)
    monkeypatch.setattr(search, "_CELLS", 40)
    heard: list[tuple[int, int]] = []
    nearest(
        normal(10), normal(10), 2, backend=backend, progress=lambda done, total: heard.append((done, total))
    )
    assert heard == [(4, 10), (8, 10), (10, 10)]


def test_progress_waits_for_the_queries_that_are_searched_twice() -> None:
    heard: list[tuple[int, int]] = []
    queries = normal(10)
    queries[:4] = 0
    nearest(queries, normal(100), 2, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(6, 10), (10, 10)]


@pytest.mark.parametrize("penalised", [False, True])
def test_a_graph_finds_the_share_of_true_neighbours_that_is_told(
    penalised: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "GRAPH_FROM", 1000)
    queries, base = normal(700), normal(3000, seed=1)
    penalties = np.random.default_rng(2).uniform(0, 0.1, size=3000) if penalised else np.zeros(3000)
    table = oracle.cosines(queries, base) - penalties
    true = oracle.order(table)[:, :5]
    found = nearest(queries, base, 5, backend="hnsw", penalties=penalties)
    shares = [len(np.intersect1d(*rows)) / 5 for rows in zip(found.indices, true, strict=True)]
    assert search.WANTED_RECALL <= found.recall < 1
    assert np.mean(shares) >= found.recall - 0.01
    assert found.scores == pytest.approx(np.take_along_axis(table, found.indices, axis=1), abs=1e-11)
    assert (np.diff(found.scores, axis=1) <= 0).all()


def test_a_graph_gives_the_same_answer_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "GRAPH_FROM", 1000)
    one, other = (nearest(normal(200), normal(2000, seed=1), 3, backend="hnsw") for _ in range(2))
    assert one.recall == other.recall < 1
    assert np.array_equal(one.indices, other.indices)


def test_few_rows_are_searched_exactly_whatever_is_asked() -> None:
    queries, base = normal(30), normal(200, seed=1)
    found = nearest(queries, base, 4, backend="hnsw")
    assert found.recall == 1.0
    assert np.array_equal(found.indices, nearest(queries, base, 4, backend="exact").indices)


def test_a_search_that_would_have_to_be_too_wide_is_exact(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "GRAPH_FROM", 500)
    base = np.tile(normal(3), (300, 1))  # three heaps of copies: which of them are the first cannot be seen
    found = nearest(base[:60], base, 4, backend="hnsw")
    assert found.recall == 1.0
    assert np.array_equal(found.indices, nearest(base[:60], base, 4, backend="exact").indices)


def test_a_graph_that_finds_too_few_leaves_no_query_without_an_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Torn:
        """Stands for a graph in pieces."""

        def __init__(self, faiss: object, base: np.ndarray) -> None:
            self.rows = len(base)

        def widen(self, queries: np.ndarray, truth: np.ndarray, wanted: float) -> float:
            return wanted

        def search(self, queries: np.ndarray, count: int) -> np.ndarray:
            found = np.full((len(queries), count), -1)
            found[:, 0] = 7
            return found

    monkeypatch.setattr(search, "GRAPH_FROM", 100)
    monkeypatch.setattr(search, "NeighbourGraph", Torn)
    queries, base = normal(20), normal(150, seed=1)
    found = nearest(queries, base, 3, backend="hnsw")
    assert np.array_equal(found.indices, nearest(queries, base, 3, backend="exact").indices)


def test_progress_along_a_graph_ends_at_all_queries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "GRAPH_FROM", 1000)
    monkeypatch.setattr(search, "_QUERY_ROWS", 40)
    heard: list[tuple[int, int]] = []
    nearest(
        normal(100),
        normal(1500, seed=1),
        2,
        backend="hnsw",
        progress=lambda done, total: heard.append((done, total)),
    )
    assert heard == [(40, 100), (80, 100), (100, 100)]


def test_inputs_are_left_alone() -> None:
    queries, base = normal(10), normal(50, seed=1)
    copies = queries.copy(), base.copy()
    nearest(queries, base, 3)
    assert np.array_equal(queries, copies[0])
    assert np.array_equal(base, copies[1])


def test_without_faiss_the_pip_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(
        MissingExtraError, match=r"cosine-report needs .*'faiss'.*pip install 'langalign\[cpu\]'"
    ):
        nearest(normal(3), normal(3), 1)
    assert nearest(normal(3), normal(3), 1, backend="exact").indices.ravel().tolist() == [0, 1, 2]


def test_bases_that_cannot_answer_are_refused() -> None:
    with pytest.raises(ShapeError, match=r"\(3, 24\) cannot be searched in a base of shape \(3, 5\)"):
        nearest(normal(3), normal(3, width=5), 1)
    with pytest.raises(ShapeError, match=r"base of shape \(0, 24\)"):
        nearest(normal(3), normal(0), 1)

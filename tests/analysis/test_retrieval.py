from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import skew

from langalign.analysis import search
from langalign.analysis.retrieval import Retrieval, retrieval, text_groups
from langalign.analysis.search import Backend
from langalign.errors import ShapeError
from tests.analysis import oracle

BACKENDS: tuple[Backend, ...] = ("faiss", "exact")
WAYS = ("source_to_target", "target_to_source")


def expected(source: np.ndarray, target: np.ndarray, left: np.ndarray, right: np.ndarray) -> Retrieval:
    figures: dict[str, dict[str, float]] = {}
    table = oracle.cosines(source, target)
    for way, scores, groups in ((WAYS[0], table, right), (WAYS[1], table.T, left)):
        ranks = oracle.ranks(scores, groups)
        values = {f"p_at_{k}": np.mean(ranks <= k) for k in (1, 5, 10)}
        values["mrr"] = np.mean(1 / ranks)
        values["csls_p_at_1"] = np.mean(oracle.ranks(oracle.csls(scores), groups) == 1)
        counts = oracle.occurrences(scores)
        values["hubness"] = skew(counts) if counts.std() > 0 else 0.0
        values["recall"] = 1.0
        for name, value in values.items():
            figures.setdefault(name, {})[way] = float(value)
    return Retrieval(**figures)


def assert_equal(got: Retrieval, wanted: Retrieval) -> None:
    for name, figure in vars(wanted).items():
        assert getattr(got, name) == pytest.approx(figure, abs=1e-9), name


def noisy_pairs(count: int, width: int, noise: float, centre: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(count)
    meaning = random.normal(size=(count, width)) + centre * random.normal(size=width)
    one, other = (meaning + noise * random.normal(size=(count, width)) for _ in range(2))
    return one.astype(np.float32), other.astype(np.float32)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("count", "centre"), [(1, 0.0), (2, 0.0), (7, 0.0), (300, 0.0), (300, 30.0)])
def test_figures_are_those_of_brute_force(backend: Backend, count: int, centre: float) -> None:
    source, target = noisy_pairs(count, 32, noise=1.2, centre=centre)
    alone = np.arange(count)
    got = retrieval(source, target, backend=backend)
    assert_equal(got, expected(source, target, alone, alone))


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_collapsed_side_scores_what_the_order_by_index_gives(backend: Backend) -> None:
    source, target = noisy_pairs(120, 16, noise=0.1)
    target[:] = target[0]
    alone = np.arange(120)
    got = retrieval(source, target, backend=backend)
    assert got.p_at_1["source_to_target"] == pytest.approx(1 / 120)
    assert got.mrr["source_to_target"] == pytest.approx(np.mean(1 / (1 + alone)))
    assert_equal(got, expected(source, target, alone, alone))


def test_a_case_worked_by_hand() -> None:
    angles = np.deg2rad([[0, 40, 90], [10, 85, 30]])  # the second and third targets have changed places
    source, target = np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    got = retrieval(source, target)
    # Distances in degrees: 0° to 10 85 30, 40° to 30 45 10, 90° to 80 5 60: ranks 1, 3, 2.
    assert got.p_at_1["source_to_target"] == pytest.approx(1 / 3)
    assert got.mrr["source_to_target"] == pytest.approx((1 + 1 / 3 + 1 / 2) / 3)
    # 10° to 0 40 90, 85° to 40 by 45 but 90 by 5, 30° to 40 by 10, 0 by 30, 90 by 60: ranks 1, 2, 3.
    assert got.mrr["target_to_source"] == pytest.approx((1 + 1 / 2 + 1 / 3) / 3)
    assert got.p_at_5 == {"source_to_target": 1.0, "target_to_source": 1.0}
    assert got.hubness == {"source_to_target": 0.0, "target_to_source": 0.0}


def test_csls_frees_what_a_hub_had_caught() -> None:
    # Twelve sources point a little away from their targets and towards a hub, the last target.
    targets = np.eye(13, dtype=np.float32)
    sources = targets + 1.1 * targets[12]
    got = retrieval(sources, targets)
    assert got.p_at_1["source_to_target"] == pytest.approx(1 / 13)
    assert got.csls_p_at_1["source_to_target"] == 1.0


def test_a_candidate_with_the_text_of_the_right_one_is_right() -> None:
    source, target = noisy_pairs(60, 8, noise=0.3)
    target[30:] = target[:30]
    groups = np.arange(60) % 30
    apart = retrieval(source, target)
    together = retrieval(source, target, target_groups=groups)
    assert together.p_at_1["source_to_target"] > apart.p_at_1["source_to_target"]
    assert_equal(together, expected(source, target, np.arange(60), groups))
    both = retrieval(source, target, source_groups=groups, target_groups=groups)
    assert_equal(both, expected(source, target, groups, groups))


def test_a_graph_changes_the_figures_by_no_more_than_what_it_misses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "GRAPH_FROM", 500)
    monkeypatch.setattr("langalign.analysis.retrieval.DEEP_SAMPLE", 50)
    source, target = noisy_pairs(1500, 16, noise=0.8)
    exact, found = retrieval(source, target), retrieval(source, target, backend="hnsw")
    assert exact.recall == {"source_to_target": 1.0, "target_to_source": 1.0}
    for way in WAYS:
        assert search.WANTED_RECALL <= found.recall[way] < 1
        for name in ("p_at_1", "p_at_5", "p_at_10", "csls_p_at_1"):
            assert getattr(found, name)[way] == pytest.approx(getattr(exact, name)[way], abs=0.02), name
        # A third of the queries rank beyond ten; fifty of them stand for all.
        assert exact.p_at_10[way] < 0.7
        assert found.mrr[way] == pytest.approx(exact.mrr[way], abs=0.01)


coarse = arrays(np.float32, (24, 3), elements=st.integers(-1, 1).map(float))


@settings(deadline=None, max_examples=25)
@given(coarse, coarse, st.lists(st.integers(0, 9), min_size=24, max_size=24))
def test_any_copies_zeros_and_groups_agree_with_brute_force(
    source: np.ndarray, target: np.ndarray, texts: list[int]
) -> None:
    groups = text_groups([str(text) for text in texts])
    wanted = expected(source, target, groups, np.arange(24))
    for backend in BACKENDS:
        got = retrieval(source, target, source_groups=groups, backend=backend)
        for name in ("p_at_1", "p_at_5", "p_at_10", "mrr", "hubness"):
            assert getattr(got, name) == pytest.approx(getattr(wanted, name), abs=1e-9), name


def test_identical_texts_share_a_group() -> None:
    assert text_groups(["a", "b", "a", ("a", "b"), "ab", ("a", "b"), "A"]).tolist() == [0, 1, 0, 2, 3, 2, 4]
    assert text_groups([]).shape == (0,)


def test_progress_counts_searches_and_ranks() -> None:
    source, target = noisy_pairs(20, 8, noise=5)
    heard: list[tuple[int, int]] = []
    retrieval(source, target, progress=lambda done, total: heard.append((done, total)))
    assert [done for done, total in heard if total == 120 and done % 20 == 0] == [20, 40, 60, 80, 100, 120]
    assert heard == sorted(heard)


def test_uneven_sides_are_refused() -> None:
    source, target = noisy_pairs(5, 4, noise=0.5)
    with pytest.raises(ShapeError, match="source has 5 rows but target has 4"):
        retrieval(source, target[:4])

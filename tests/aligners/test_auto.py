"""``auto`` keeps the candidate whose held-out pairs are easiest to tell apart."""

from __future__ import annotations

import math

import numpy as np
import pytest

from langalign.aligners.auto import TEMPERATURES, AutoAligner
from langalign.errors import SpecError, UnknownPartError


def rotated(count: int = 300, width: int = 12, noise: float = 0.02) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    rotation, _ = np.linalg.qr(rng.standard_normal((width, width)))
    source = rng.standard_normal((count, width))
    target = source @ rotation + noise * rng.standard_normal((count, width))
    return source.astype(np.float32), target.astype(np.float32)


def test_a_rotation_is_found_and_every_candidate_is_on_record() -> None:
    source, target = rotated()
    fitted = AutoAligner(candidates="identity,mean-shift,procrustes").fit(source, target)
    assert fitted.winner_ == "procrustes"
    by_name = {entry["candidate"]: entry for entry in fitted.history_}
    assert list(by_name) == ["identity", "mean-shift", "procrustes"]
    assert by_name["procrustes"]["p_at_1"] == 1.0
    assert by_name["identity"]["log_likelihood"] < by_name["procrustes"]["log_likelihood"]


def test_the_criterion_equals_its_formula() -> None:
    source, target = rotated(noise=1.0)
    held_out = source[:40], target[:40]
    fitted = AutoAligner(candidates="procrustes").fit(source[40:], target[40:], validation=held_out)
    moved, wanted = (
        side.astype(np.float64) / np.linalg.norm(side.astype(np.float64), axis=1, keepdims=True)
        for side in (fitted.transform(held_out[0]), held_out[1])
    )
    scores = []
    for temperature in TEMPERATURES:
        weights = np.exp((moved @ wanted.T) / temperature)
        right = np.diag(weights)
        scores.append(np.mean([np.log(right / weights.sum(axis=way)) for way in (0, 1)]))
    assert fitted.history_[0]["log_likelihood"] == pytest.approx(max(scores), abs=1e-6)


def test_throwing_all_vectors_to_one_place_scores_like_a_blind_guess() -> None:
    source, _ = rotated()
    collapsed = np.ones_like(source)
    held_out = source[:50], collapsed[:50]
    fitted = AutoAligner(candidates="linear,identity").fit(source, collapsed, validation=held_out)
    linear, identity = fitted.history_
    assert linear["cosine_mean"] > 0.999
    assert linear["p_at_1"] < 0.1
    assert linear["log_likelihood"] == pytest.approx(-math.log(50), abs=0.1)
    assert identity["log_likelihood"] < -math.log(50) + 0.1


def test_a_collapsed_candidate_loses_to_one_that_keeps_sentences_apart() -> None:
    source, target = rotated(noise=0.5)
    half = AutoAligner(candidates="ae,procrustes").fit(source, target)
    by_name = {entry["candidate"]: entry for entry in half.history_}
    assert half.winner_ == "procrustes"
    assert by_name["ae"]["log_likelihood"] < by_name["procrustes"]["log_likelihood"]


def test_candidates_that_do_not_suit_the_widths_are_skipped_with_the_reason() -> None:
    source, target = rotated()
    fitted = AutoAligner(candidates="identity,linear").fit(source, target[:, :5])
    assert fitted.winner_ == "linear"
    assert fitted.history_[0]["candidate"] == "identity"
    assert "width 12 but target vectors 5" in fitted.history_[0]["skipped"]
    with pytest.raises(SpecError, match="none of the candidates identity,mean-shift suits the widths"):
        AutoAligner(candidates="identity,mean-shift").fit(source, target[:, :5])


def test_both_examples_are_asked_of_every_candidate() -> None:
    source, target = rotated()
    fitted = AutoAligner(candidates="mean-shift", keep_target=True).fit(source + 4, target)
    assert fitted.aligner_.keep_target is True


def test_equally_good_candidates_leave_the_first() -> None:
    source, _ = rotated()
    assert AutoAligner(candidates="identity,mean-shift").fit(source, source).winner_ == "identity"


@pytest.mark.parametrize("candidates", ["", "auto", "linear,none"])
def test_unknown_candidates_are_refused_with_the_choices(candidates: str) -> None:
    with pytest.raises(UnknownPartError, match=r"unknown candidate .*; choose one of: ae, fc, identity"):
        AutoAligner(candidates=candidates)

"""The residual aligner starts where nothing is lost, and improves on it."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from langalign.aligners.linear import LinearAligner
from langalign.aligners.residual import ResidualAligner
from langalign.errors import SpecError
from tests.aligners.test_networks import language_pairs


def untrained(target_width: int) -> ResidualAligner:
    """Fit with a rate so small that no float32 weight of the last layer leaves zero by much."""
    source, target = language_pairs()
    return ResidualAligner(learning_rate=1e-30, epochs=1).fit(source, target[:, :target_width])


def test_training_starts_exactly_at_the_identity() -> None:
    source, _ = language_pairs()
    np.testing.assert_array_equal(untrained(24).transform(source), source)


def test_training_starts_at_the_ridge_map_where_widths_differ() -> None:
    source, target = language_pairs()
    ridge = LinearAligner().fit(source, target[:, :7])
    np.testing.assert_array_equal(untrained(7).transform(source), ridge.transform(source))


def test_weights_are_a_relu_network_of_two_layers() -> None:
    source, target = language_pairs()
    fitted = ResidualAligner(epochs=3, hidden_width=16).fit(source, target)
    state = {name: torch.from_numpy(value) for name, value in fitted.state().items()}
    hidden = torch.relu(torch.from_numpy(source) @ state["0.weight"].T + state["0.bias"])  # (P, 16)
    expected = source + (hidden @ state["2.weight"].T + state["2.bias"]).numpy()
    np.testing.assert_allclose(fitted.transform(source), expected, atol=1e-5)


def test_it_beats_the_identity_on_held_out_pairs() -> None:
    source, target = language_pairs(400)
    fitted = ResidualAligner().fit(source[100:], target[100:], validation=(source[50:100], target[50:100]))
    moved = fitted.transform(source[:50])
    assert ((moved - target[:50]) ** 2).mean() < 0.5 * ((source[:50] - target[:50]) ** 2).mean()


def test_a_network_without_units_is_refused() -> None:
    with pytest.raises(SpecError, match="hidden_width=0 is out of range; give at least 1"):
        ResidualAligner(hidden_width=0)

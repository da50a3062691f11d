"""SimCSE's loss, by brute force."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.nn.functional import cross_entropy

from langalign.errors import SpecError
from langalign.tuning.simcse import SimcseTuner, compare
from tests.tuning.toy import examples_of, network_of, rows


def info_nce(first: np.ndarray, second: np.ndarray, temperature: float) -> float:
    """Follow the formula, one text after the other."""
    losses = []
    for place, one in enumerate(first):
        cosines = [one @ other / np.linalg.norm(one) / np.linalg.norm(other) for other in second]
        powers = np.exp(np.array(cosines) / temperature)
        losses.append(-np.log(powers[place] / powers.sum()))
    return float(np.mean(losses))


@pytest.mark.parametrize("temperature", [0.05, 1.0])
def test_the_loss_is_info_nce_over_cosines(temperature: float) -> None:
    vectors = np.random.default_rng(0).standard_normal((14, 9)) * 3
    vectors[7:] = vectors[:7] + 0.5 * vectors[7:]
    loss = cross_entropy(*compare(torch.from_numpy(vectors), temperature))
    assert float(loss) == pytest.approx(info_nce(vectors[:7], vectors[7:], temperature), rel=1e-5)


def test_a_text_is_seen_through_two_dropout_masks(model: Path) -> None:
    tuner = SimcseTuner(batch_size=8)
    network = network_of(model, tuner).train()
    batch = examples_of(model, tuner, rows(8)[0], None).batch(np.arange(8), "cpu")
    with torch.random.fork_rng():
        torch.manual_seed(3)
        logits, right = tuner.logits(network, batch)
        torch.manual_seed(3)
        twice = {name: torch.cat([value, value]) for name, value in batch.inputs.items()}
        vectors = network(twice).detach().double().numpy()
    assert np.abs(vectors[:8] - vectors[8:]).max() > 1e-3
    assert right.tolist() == list(range(8))
    loss = float(cross_entropy(logits, right).detach())
    assert loss == pytest.approx(info_nce(vectors[:8], vectors[8:], 0.05), rel=1e-4)


def test_a_model_without_dropout_is_refused(still_model: Path) -> None:
    with pytest.raises(SpecError, match="the model drops nothing"):
        network_of(still_model, SimcseTuner())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"temperature": 0.0}, "temperature=0.0 is out of range; give a number above 0"),
        ({"batch_size": 1}, "batch_size=1 leaves no other text"),
        ({"accumulate": 2}, "accumulate=2 would compare texts within a piece only"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        SimcseTuner(**options)


def test_the_paper_preset_is_the_papers() -> None:
    tuner = SimcseTuner.from_preset("paper")
    chosen = (tuner.temperature, tuner.batch_size, tuner.learning_rate, tuner.max_length, tuner.epochs)
    assert chosen == (0.05, 16, 1e-5, 256, 10)

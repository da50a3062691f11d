"""``fc`` and ``ae`` against the paper's listings, and what the trained aligners have in common."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from langalign.aligners._network import LISTING, PAPER, NetworkAligner
from langalign.aligners.ae import AeAligner
from langalign.aligners.fc import FcAligner
from langalign.errors import DataError, SpecError
from tests.aligners import listing

WIDTH = 24


def language_pairs(count: int = 90) -> tuple[np.ndarray, np.ndarray]:
    """Draw unit vectors around a common centre, the target a bent and shifted copy of the source."""
    rng = np.random.default_rng(5)
    source = rng.standard_normal((count, WIDTH)) + 1.5
    target = np.tanh(source @ rng.standard_normal((WIDTH, WIDTH)) / 5) + 0.8
    sides = (side / np.linalg.norm(side, axis=1, keepdims=True) for side in (source, target))
    return tuple(side.astype(np.float32) for side in sides)


@pytest.mark.parametrize(
    ("part", "plain"), [(FcAligner, listing.FullyConnected), (AeAligner, listing.Autoencoder)]
)
@pytest.mark.parametrize(
    ("preset", "optimizer", "rate"), [("paper", torch.optim.AdamW, 1e-5), ("listing", torch.optim.Adam, 1e-4)]
)
def test_presets_train_exactly_as_the_papers_listings(part, plain, preset, optimizer, rate) -> None:
    source, target = language_pairs()
    train, held_out = (source[:75], target[:75]), (source[75:], target[75:])
    fitted = part.from_preset(preset, {"epochs": 3}).fit(*train, validation=held_out, seed=11)
    tensors = [tuple(torch.from_numpy(side) for side in pairs) for pairs in (train, held_out)]
    model, history = listing.train(plain, optimizer, rate, *tensors, epochs=3, seed=11)
    for ours, theirs in zip(fitted.history_, history, strict=True):
        assert ours["epoch"] == theirs["epoch"]
        assert ours["train_loss"] == pytest.approx(theirs["train_loss"], rel=1e-5)
        assert ours["validation_loss"] == pytest.approx(theirs["validation_loss"], rel=1e-5)
    with torch.no_grad():
        np.testing.assert_allclose(fitted.transform(source), model(torch.from_numpy(source)), atol=1e-5)


def test_fc_weights_bear_the_documented_names_and_shapes() -> None:
    state = FcAligner(epochs=1).fit(*language_pairs()).state()
    widths = [WIDTH, 1024, 512, 256, 512, 1024, WIDTH]
    expected = {}
    for layer, before, after in zip((0, 3, 6, 8, 11, 13), widths[:-1], widths[1:], strict=True):
        expected |= {f"{layer}.weight": (after, before), f"{layer}.bias": (after,)}
    assert {name: value.shape for name, value in state.items()} == expected


def test_ae_weights_bear_the_documented_names_and_shapes() -> None:
    state = AeAligner(epochs=1).fit(*language_pairs()).state()
    names = ("encoder.0", "encoder.2", "encoder.4", "decoder.0", "decoder.2", "decoder.4")
    widths = [WIDTH, 512, 256, 128, 256, 512, WIDTH]
    expected = {}
    for layer, before, after in zip(names, widths[:-1], widths[1:], strict=True):
        expected |= {f"{layer}.weight": (after, before), f"{layer}.bias": (after,)}
    assert {name: value.shape for name, value in state.items()} == expected


def test_paper_presets_say_what_the_paper_says() -> None:
    assert {name: PAPER[name] for name in ("optimizer", "learning_rate", "batch_size", "patience")} == {
        "optimizer": "adamw",
        "learning_rate": 1e-5,
        "batch_size": 16,
        "patience": 10,
    }
    assert (PAPER["keep_target"], LISTING["optimizer"], LISTING["learning_rate"]) == (True, "adam", 1e-4)
    assert FcAligner.from_preset("paper").dropout == 0.5


@pytest.mark.parametrize("part", [FcAligner, AeAligner])
def test_losses_are_those_of_the_vectors_themselves_also_when_standardised(
    part: type[NetworkAligner],
) -> None:
    source, target = language_pairs()
    held_out = source[:20], target[:20]
    fitted = part(epochs=4, patience=4, keep_target=False).fit(source[20:], target[20:], validation=held_out)
    error = float(((fitted.transform(held_out[0]) - held_out[1]) ** 2).mean())
    best = min(epoch["validation_loss"] for epoch in fitted.history_)
    assert best == pytest.approx(error, rel=1e-4)


def test_default_learns_more_in_ten_epochs_than_without_standardising() -> None:
    source, target = language_pairs(400)
    held_out = source[:50], target[:50]

    def best(**options: bool) -> float:
        aligner = AeAligner(epochs=10, **options).fit(source[50:], target[50:], validation=held_out)
        return min(epoch["validation_loss"] for epoch in aligner.history_)

    assert best() < best(standardise=False)


def test_both_examples_are_given_where_the_widths_allow_it() -> None:
    source, target = language_pairs()

    def steps(target_side: np.ndarray) -> int:
        told: list[int] = []
        aligner = AeAligner(epochs=1, batch_size=10)
        aligner.fit(source, target_side, progress=lambda done, total: told.append(total))
        return told[-1]

    assert (steps(target), steps(target[:, :5])) == (18, 9)


def test_a_rate_that_diverges_is_reported() -> None:
    with pytest.raises(
        DataError, match=r"training diverged: the loss is .* at learning_rate=1e\+30; choose a"
    ):
        AeAligner(learning_rate=1e30, epochs=3, optimizer="adam").fit(*language_pairs())


@pytest.mark.parametrize(
    ("part", "options", "message"),
    [
        (FcAligner, {"hidden_width": 1}, "hidden_width=1 is out of range; give at least 2"),
        (
            FcAligner,
            {"dropout": 1.0},
            "dropout=1.0 is out of range; give a share of at least 0 and less than 1",
        ),
        (AeAligner, {"hidden_width": 3}, "hidden_width=3 is out of range; give at least 4"),
        (AeAligner, {"optimizer": "sgd"}, "optimizer=sgd is unknown; choose one of: adam, adamw"),
        (AeAligner, {"learning_rate": 0.0}, "learning_rate=0.0 is out of range; give a number above 0"),
    ],
)
def test_options_out_of_range_are_refused(part, options, message) -> None:
    with pytest.raises(SpecError, match=message):
        part(**options)

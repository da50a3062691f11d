"""The loop: pieces of a batch, rates, early stopping."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import f1_score
from torch.nn.functional import cross_entropy

from langalign.errors import DataError, SpecError
from langalign.tuning._loop import make_optimizer, set_rate
from langalign.tuning.full import FullTuner
from langalign.tuning.simcse import SimcseTuner
from tests.training.hungry import HUNGER, hungry
from tests.tuning.toy import examples_of, loop, network_of, rows, without_key_biases


@pytest.mark.parametrize("pieces", [2, 3, 12])
def test_a_batch_in_pieces_teaches_what_it_does_whole(still_model: Path, tmp_path: Path, pieces: int) -> None:
    learned, losses = [], []
    for accumulate in (1, pieces):
        tuner = FullTuner(batch_size=12, epochs=2, learning_rate=1e-3, accumulate=accumulate)
        network = network_of(still_model, tuner)
        state = loop(tmp_path / str(accumulate), tuner, network, examples_of(still_model, tuner, *rows(40)))
        losses.append([entry["train_loss"] for entry in state.history])
        learned.append(without_key_biases(network.state_dict()))
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-4)
    torch.testing.assert_close(learned[0], learned[1], rtol=1e-3, atol=2e-4)


def test_the_best_epoch_is_kept_and_waiting_ends_the_run(model: Path, tmp_path: Path) -> None:
    tuner = FullTuner(
        batch_size=8, epochs=40, patience=2, learning_rate=3e-3, schedule="constant", warmup=0.0
    )
    texts, _ = rows(64)
    noisy = [("good", "bad")[place] for place in np.random.default_rng(1).integers(0, 2, 64)]
    network = network_of(model, tuner)
    held_out = examples_of(model, tuner, *rows(30, seed=5))
    state = loop(tmp_path, tuner, network, examples_of(model, tuner, texts, noisy), held_out)
    losses = [entry["validation_loss"] for entry in state.history]
    assert state.best_epoch == 1 + int(np.argmin(losses))
    assert state.epoch == len(losses) == state.best_epoch + 2 < 40
    batch = held_out.batch(np.arange(30), "cpu")
    with torch.no_grad():
        logits = network(batch.inputs)
    assert not network.training
    best = state.history[state.best_epoch - 1]
    assert float(cross_entropy(logits, batch.codes)) == pytest.approx(min(losses), rel=1e-4)
    chosen = logits.argmax(1).numpy()
    assert best["accuracy"] == pytest.approx(np.mean(chosen == held_out.codes))
    assert best["macro_f1"] == pytest.approx(f1_score(held_out.codes, chosen, average="macro"))


@pytest.mark.parametrize("where", HUNGER)
def test_where_memory_ends_the_batch_size_is_told(model: Path, tmp_path: Path, where: str) -> None:
    for tuner, less in (
        (FullTuner(batch_size=6), ", or a larger accumulate"),
        (SimcseTuner(batch_size=6), ""),
    ):
        network = network_of(model, tuner)
        hungry(network.backbone, where)
        texts, labels = rows(12)
        examples = examples_of(model, tuner, texts, labels if tuner.labelled else None)
        with pytest.raises(SpecError) as caught:
            loop(tmp_path / tuner.name, tuner, network, examples)
        told = str(caught.value)
        assert told.startswith("there is too little memory for tuning with batch_size=6: ")
        assert HUNGER[where] in told
        assert told.endswith(f"; give a smaller batch_size or max_length{less}")


def test_without_rows_held_out_the_last_epoch_is_kept(model: Path, tmp_path: Path) -> None:
    tuner = FullTuner(batch_size=8, epochs=3, learning_rate=1e-3)
    state = loop(tmp_path, tuner, network_of(model, tuner), examples_of(model, tuner, *rows(24)))
    assert (state.epoch, state.best_epoch) == (3, 3)
    assert [set(entry) for entry in state.history] == [{"epoch", "train_loss"}] * 3


def test_simcse_judges_with_dropout_but_alike_each_time(model: Path, tmp_path: Path) -> None:
    tuner = SimcseTuner(batch_size=8, epochs=3, learning_rate=1e-12)
    texts = rows(40)[0]
    examples = examples_of(model, tuner, texts, None)
    state = loop(tmp_path, tuner, network_of(model, tuner), examples.pick(np.arange(30)), examples)
    losses = [entry["validation_loss"] for entry in state.history]
    np.testing.assert_allclose(losses, losses[0], rtol=1e-4)
    assert losses[0] > 1e-3
    assert "macro_f1" not in state.history[0]


def test_the_rate_rises_and_falls(model: Path) -> None:
    def rates(**options: object) -> list[float]:
        tuner = FullTuner(learning_rate=2.0, **options)
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))])
        found = []
        for done in range(8):
            set_rate(optimizer, tuner, done, 8)
            found.append(optimizer.param_groups[0]["lr"])
        return found

    assert rates(warmup=0.0, schedule="constant") == [2.0] * 8
    assert rates(warmup=0.5, schedule="constant") == [0.5, 1.0, 1.5, 2.0, 2.0, 2.0, 2.0, 2.0]
    assert rates(warmup=0.5, schedule="linear") == [0.5, 1.0, 1.5, 2.0, 2.0, 1.5, 1.0, 0.5]


def test_biases_and_norms_do_not_decay(model: Path) -> None:
    matrices, others = make_optimizer(
        FullTuner(weight_decay=0.3), network_of(model, FullTuner())
    ).param_groups
    assert (matrices["weight_decay"], others["weight_decay"]) == (0.3, 0.0)
    assert {parameter.ndim for parameter in matrices["params"]} == {2}
    assert {parameter.ndim for parameter in others["params"]} == {1}


def test_a_loss_that_is_not_finite_is_told(model: Path, tmp_path: Path) -> None:
    tuner = FullTuner(batch_size=8, learning_rate=1e30, max_gradient_norm=0.0, warmup=0.0)
    with pytest.raises(DataError, match=r"training diverged: the loss is \S+ at learning_rate=1e\+30"):
        loop(tmp_path, tuner, network_of(model, tuner), examples_of(model, tuner, *rows(40)))

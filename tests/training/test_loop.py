"""The training loop against plain gradient steps, and its habits."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy, mse_loss

from langalign.errors import DataError, SpecError
from langalign.training.loop import Examples, mean_loss, train
from langalign.training.recipe import Recipe
from langalign.training.seeding import seeded
from tests.training.hungry import HUNGER, hungry


def problem(count: int = 50) -> Examples:
    generator = torch.Generator().manual_seed(0)
    inputs = torch.randn(count, 3, generator=generator)
    return Examples(inputs, inputs @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.3)


def fresh() -> nn.Linear:
    with seeded(1):
        return nn.Linear(3, 1)


def test_one_epoch_equals_steps_written_by_hand() -> None:
    examples, model, plain = problem(), fresh(), fresh()
    history = train(model, mse_loss, examples, None, Recipe(batch_size=8, epochs=1), seed=4)
    optimizer = torch.optim.AdamW(plain.parameters(), lr=1e-3)
    order = torch.randperm(50, generator=torch.Generator().manual_seed(4))
    total = 0.0
    for start in range(0, 50, 8):
        rows = order[start : start + 8]
        optimizer.zero_grad()
        loss = ((plain(examples.inputs[rows]) - examples.targets[rows]) ** 2).mean()
        loss.backward()
        optimizer.step()
        total += loss.item() * len(rows)
    torch.testing.assert_close(model.weight, plain.weight)
    assert history == [{"epoch": 1, "train_loss": pytest.approx(total / 50, rel=1e-6)}]


def test_validation_without_examples_is_not_taken_for_none() -> None:
    with pytest.raises(DataError, match="0 examples for validation; give some, or None"):
        train(fresh(), mse_loss, problem(), problem(0), Recipe(epochs=1))


def test_best_epoch_is_restored_and_patience_stops_training() -> None:
    model, examples = fresh(), problem()
    away = Examples(examples.inputs, -examples.targets)  # each step of training makes this worse
    recipe = Recipe(learning_rate=0.1, epochs=50, patience=3, batch_size=50)
    history = train(model, mse_loss, examples, away, recipe)
    losses = [epoch["validation_loss"] for epoch in history]
    assert len(losses) - 1 - losses.index(min(losses)) == 3
    assert len(losses) < 50
    assert mean_loss(model, mse_loss, away) == pytest.approx(min(losses))
    assert not model.training


@pytest.mark.parametrize("where", HUNGER)
def test_where_memory_ends_the_batch_size_is_told(where: str) -> None:
    says = f"training with batch_size=8: .*{HUNGER[where]}.*; give a smaller batch_size"
    with pytest.raises(SpecError, match=says):
        train(hungry(fresh(), where), mse_loss, problem(), None, Recipe(batch_size=8, epochs=1))


def test_without_validation_every_epoch_is_run() -> None:
    history = train(fresh(), mse_loss, problem(), None, Recipe(epochs=4, patience=1))
    assert [epoch["epoch"] for epoch in history] == [1, 2, 3, 4]
    assert all("validation_loss" not in epoch for epoch in history)


def test_classes_are_learned_with_cross_entropy() -> None:
    examples = problem(200)
    classes = Examples(examples.inputs, (examples.targets[:, 0] > 0).long())
    with seeded(0):
        model = nn.Linear(3, 2)
    train(model, cross_entropy, classes, None, Recipe(learning_rate=0.05, epochs=30, batch_size=20))
    assert float((model(classes.inputs).argmax(1) == classes.targets).double().mean()) > 0.95


def test_losses_are_means_over_examples_when_blocks_are_uneven() -> None:
    model, examples = fresh(), problem(4100)
    expected = ((model(examples.inputs) - examples.targets) ** 2).mean().item()
    assert mean_loss(model, mse_loss, examples) == pytest.approx(expected, rel=1e-5)


def test_progress_counts_steps_of_all_epochs() -> None:
    told: list[tuple[int, int]] = []
    recipe = Recipe(epochs=2, batch_size=20)
    train(fresh(), mse_loss, problem(), None, recipe, progress=lambda done, total: told.append((done, total)))
    assert told == [(1, 6), (2, 6), (3, 6), (4, 6), (5, 6), (6, 6)]


def test_a_loss_that_is_not_finite_ends_training_with_the_rate() -> None:
    with pytest.raises(DataError, match=r"training diverged: the loss is nan at learning_rate=0\.001"):
        train(fresh(), lambda given, wanted: (given - wanted).mean() * torch.nan, problem(), None, Recipe())


def test_validation_that_is_not_finite_ends_it_too() -> None:
    examples = problem()
    broken = Examples(examples.inputs * torch.inf, examples.targets)
    with pytest.raises(DataError, match=r"training diverged: the loss is \w+ at learning_rate="):
        train(fresh(), mse_loss, examples, broken, Recipe(epochs=9, patience=2))

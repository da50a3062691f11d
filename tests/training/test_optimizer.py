"""Steps equal those of ``torch.optim``."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn
from torch.nn.functional import mse_loss

from langalign.training.optimizer import OPTIMIZERS, Optimizer

THEIRS = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW}


def network() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(5, 8), nn.ReLU(), nn.Linear(8, 3))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_steps_are_those_of_torchs_optimizer_with_its_defaults(name: str) -> None:
    ours, theirs = network(), network()
    inputs, targets = torch.randn(10, 5), torch.randn(10, 3)
    optimizer = Optimizer(name, ours.parameters(), 0.02)
    reference = THEIRS[name](theirs.parameters(), lr=0.02)
    for rate in (0.02, 0.02, 0.005):
        optimizer.learning_rate = reference.param_groups[0]["lr"] = rate
        optimizer.step(mse_loss(ours(inputs), targets))
        reference.zero_grad()
        mse_loss(theirs(inputs), targets).backward()
        reference.step()
    for given, wanted in zip(ours.parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(given, wanted)


def test_frozen_weights_stay() -> None:
    model = network()
    model[0].requires_grad_(False)
    before = copy.deepcopy(model.state_dict())
    Optimizer("adamw", model.parameters(), 0.1).step(model(torch.ones(2, 5)).sum())
    assert torch.equal(model[0].weight, before["0.weight"])
    assert not torch.equal(model[2].weight, before["2.weight"])

"""Seeds and devices."""

from __future__ import annotations

import pytest
import torch

from langalign.errors import SpecError
from langalign.training.device import resolve_device
from langalign.training.seeding import seeded


def test_same_seed_draws_the_same_and_the_callers_state_comes_back() -> None:
    before = torch.random.get_rng_state()
    with seeded(3, "auto"):
        first = torch.rand(4)
    with seeded(3):
        second = torch.rand(4)
    assert torch.equal(first, second)
    assert torch.equal(torch.random.get_rng_state(), before)


def test_auto_is_a_device_that_is_there() -> None:
    assert resolve_device("auto") == ("cuda" if torch.cuda.is_available() else "cpu")
    assert resolve_device("cpu") == "cpu"


@pytest.mark.parametrize("device", ["gpu", "cuda:99"])
def test_a_device_that_is_not_there_is_refused(device: str) -> None:
    with pytest.raises(SpecError, match=f"device '{device}' cannot be used: .*; use cpu or auto"):
        resolve_device(device)

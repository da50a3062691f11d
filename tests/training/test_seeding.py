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


@pytest.mark.parametrize("device", ["gpu", "cpu:0", "meta", "cuda:", "cuda:-1", ""])
def test_a_device_that_is_unknown_is_refused(device: str) -> None:
    with pytest.raises(SpecError, match=f"device '{device}' is unknown; choose auto, cpu, cuda or cuda:i"):
        resolve_device(device)


def test_a_device_that_is_not_there_is_refused() -> None:
    with pytest.raises(SpecError, match=r"device 'cuda:99' was asked for, but \d+ CUDA devices are here"):
        resolve_device("cuda:99")

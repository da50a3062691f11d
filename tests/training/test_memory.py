from __future__ import annotations

import pytest
import torch

from langalign.errors import SpecError
from langalign.training.memory import enough_memory, memory_ended, placed
from tests.training.hungry import HUNGER, hungry


@pytest.mark.parametrize("where", HUNGER)
def test_where_memory_ends_one_line_says_what_takes_less(where: str) -> None:
    model = hungry(torch.nn.Linear(3, 2), where)
    with pytest.raises(SpecError) as caught, enough_memory("a test of size=3", "give a smaller one"):
        model(torch.ones(1, 3)).sum().backward()
    told = str(caught.value)
    assert told.startswith("there is too little memory for a test of size=3: ")
    assert told.endswith("; give a smaller one")
    assert HUNGER[where] in told
    assert "\n" not in told


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(RuntimeError, match="mat1 and mat2"), enough_memory("x", "y"):
        torch.ones(2, 3) @ torch.ones(2, 3)
    assert not memory_ended(RuntimeError("mat1"))


def test_a_model_that_does_not_fit_is_one_line() -> None:
    class Large(torch.nn.Module):
        def to(self, *_: object):
            raise torch.OutOfMemoryError("CUDA out of memory.")

    with pytest.raises(SpecError, match="too little memory for the model on cuda:1: CUDA out of memory"):
        placed(Large(), "cuda:1")
    assert placed(torch.nn.Linear(1, 1), "cpu", torch.float64).weight.dtype == torch.float64

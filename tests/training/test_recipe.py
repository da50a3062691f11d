"""A recipe refuses what cannot be trained with."""

from __future__ import annotations

import pytest
import torch

from langalign.errors import SpecError
from langalign.training.recipe import Recipe


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "sgd"}, "optimizer=sgd is unknown; choose one of: adam, adamw"),
        ({"schedule": "linear"}, "schedule=linear is unknown; choose one of: constant, cosine"),
        ({"learning_rate": 0.0}, "learning_rate=0.0 must be above zero"),
        ({"learning_rate": float("nan")}, "learning_rate=nan must be above zero"),
        ({"batch_size": -1}, "batch_size=-1 must be above zero"),
        ({"epochs": 0}, "epochs=0 must be above zero"),
        ({"patience": 0}, "patience=0 must be above zero"),
    ],
)
def test_choices_out_of_range_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Recipe(**options)


@pytest.mark.parametrize(("name", "kind"), [("adam", torch.optim.Adam), ("adamw", torch.optim.AdamW)])
def test_optimizer_is_torchs_own_with_its_defaults(name: str, kind: type[torch.optim.Optimizer]) -> None:
    parameter = torch.nn.Parameter(torch.ones(2))
    ours = Recipe(optimizer=name, learning_rate=0.02).make_optimizer([parameter])
    assert type(ours) is kind
    theirs = kind([parameter], lr=0.02, fused=True)
    assert ours.defaults == theirs.defaults

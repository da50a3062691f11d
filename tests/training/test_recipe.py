"""A recipe refuses what cannot be trained with."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from langalign.errors import SpecError
from langalign.training.recipe import Recipe


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"optimizer": "sgd"}, "optimizer=sgd is unknown; choose one of: adam, adamw"),
        ({"schedule": "linear"}, "schedule=linear is unknown; choose one of: constant, cosine"),
        ({"learning_rate": 0.0}, "learning_rate=0.0 is out of range; give a number above 0"),
        ({"learning_rate": float("nan")}, "learning_rate=nan is out of range; give a finite number"),
        ({"batch_size": -1}, "batch_size=-1 is out of range; give a number above 0"),
        ({"epochs": 0}, "epochs=0 is out of range; give a number above 0"),
        ({"patience": 0}, "patience=0 is out of range; give a number above 0"),
    ],
)
def test_choices_out_of_range_are_refused(options: dict[str, object], message: str) -> None:
    with pytest.raises(SpecError, match=message):
        Recipe(**options)


def test_a_parts_own_choices_are_taken() -> None:
    part = SimpleNamespace(
        optimizer="adam",
        learning_rate=0.5,
        schedule="cosine",
        batch_size=2,
        epochs=3,
        patience=4,
        hidden=5,
    )
    assert Recipe.of(part) == Recipe(
        optimizer="adam", learning_rate=0.5, schedule="cosine", batch_size=2, epochs=3, patience=4
    )
    part.epochs = 0
    with pytest.raises(SpecError, match="epochs=0 is out of range"):
        Recipe.of(part)


def test_cosine_schedule_falls_from_the_rate_to_nearly_zero() -> None:
    recipe = Recipe(learning_rate=0.4, schedule="cosine", epochs=4)
    # 0.4 (1 + cos(π k / 4)) / 2 for k = 0, 1, 2, 3
    assert [recipe.rate(epoch) for epoch in (1, 2, 3, 4)] == pytest.approx(
        [0.4, 0.341421356, 0.2, 0.058578644]
    )


def test_constant_schedule_stays() -> None:
    assert {Recipe(learning_rate=0.4, epochs=4).rate(epoch) for epoch in (1, 2, 3, 4)} == {0.4}

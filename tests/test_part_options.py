from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import pytest

from langalign.errors import SpecError, UnknownPartError
from langalign.heads.linear import LinearHead
from langalign.part_options import (
    build_part,
    check_options,
    current_options,
    parse_assignments,
    preset_options,
)


@dataclass(kw_only=True)
class Part:
    PRESETS: ClassVar = {"default": {}, "paper": {"rate": 0.5, "steps": 7}}

    rate: float = 1.0
    steps: int = 3
    mode: str = "plain"
    bound: float | None = None
    quick: bool = False
    learned_: int = field(default=0, init=False)


def test_options_override_the_preset() -> None:
    assert preset_options(Part, "paper", {"steps": 9}) == {"rate": 0.5, "steps": 9}
    assert preset_options(Part, "default", None) == {}


def test_what_is_learned_is_no_option() -> None:
    assert current_options(Part(steps=4)) == {
        "rate": 1.0,
        "steps": 4,
        "mode": "plain",
        "bound": None,
        "quick": False,
    }


@pytest.mark.parametrize(
    "options", [{"rate": 2}, {"bound": None}, {"bound": 3}, {"quick": True}, {"mode": "x"}]
)
def test_fitting_values_pass(options: dict) -> None:
    check_options(Part, options)


@pytest.mark.parametrize("text", ["Infinity", "-Infinity", "NaN", "1e400", "1" + 400 * "0"])
@pytest.mark.parametrize("name", ["rate", "bound"])
def test_numbers_that_are_not_finite_are_refused(name: str, text: str) -> None:
    with pytest.raises(SpecError, match=rf"^{name}=\S+ is out of range; give a finite number"):
        check_options(Part, parse_assignments([f"{name}={text}"]))


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"learned_": 1}, "Part has no option 'learned_'; choose one of: rate, steps, mode, bound, quick"),
        ({"steps": 1.5}, "steps=1.5 is of the wrong type for Part; give a whole number"),
        ({"steps": True}, "steps=True is of the wrong type"),
        ({"bound": "x"}, "give a number or null"),
        ({"quick": 1}, "give true or false"),
        ({"mode": None}, "give text"),
    ],
)
def test_values_that_do_not_fit_are_refused(options: dict, says: str) -> None:
    with pytest.raises(SpecError, match=says):
        check_options(Part, options)


def test_an_unknown_preset_lists_the_choices() -> None:
    with pytest.raises(SpecError, match="Part has no preset 'best'; choose one of: default, paper"):
        preset_options(Part, "best", None)


def test_assignments_are_read_as_json_or_text() -> None:
    options = ["penalty=0.5", "class_weights=balanced", "epochs=20", "standardise=false"]
    head = build_part("heads", "linear", "default", options)
    assert (head.penalty, head.class_weights, head.epochs, head.standardise) == (0.5, "balanced", 20, False)
    paper = build_part("heads", "linear", "paper", ["penalty=null", "epochs=7"])
    assert (paper.penalty, paper.epochs, paper.solver) == (None, 7, "steps")
    assert LinearHead.from_preset("paper", paper.options()).options() == paper.options()


def test_assignments_that_do_not_parse_are_refused() -> None:
    with pytest.raises(SpecError, match="option 'penalty' is not of the form NAME=VALUE"):
        build_part("heads", "linear", "default", ["penalty"])
    with pytest.raises(SpecError, match="LinearHead has no option 'hue'"):
        build_part("heads", "linear", "default", ["hue=1"])
    with pytest.raises(UnknownPartError, match="unknown head 'guess'"):
        build_part("heads", "guess", "default", [])


def test_brackets_without_end_are_text() -> None:
    assert parse_assignments(["x=" + "[" * 10_000]) == {"x": "[" * 10_000}

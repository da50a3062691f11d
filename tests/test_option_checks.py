from __future__ import annotations

import math
import re
from collections.abc import Callable

import pytest

from langalign.errors import SpecError
from langalign.option_checks import (
    require_choice,
    require_finite,
    require_least,
    require_positive,
    require_share,
)

NOT_FINITE = (math.inf, -math.inf, math.nan, 10**400)


def test_values_in_range_pass() -> None:
    require_choice("solver", "steps", ("lbfgs", "steps"))
    for value in (-1e300, 0, 10**300):
        require_finite("rate", value)
    for value in (5e-324, 1, 1e300):
        require_positive("rate", value)
    for value in (2, 2.0, 3):
        require_least("width", value, 2)
    for value in (0, 0.0, 0.5, math.nextafter(1, 0)):
        require_share("dropout", value)


def test_an_unknown_choice_lists_those_there_are() -> None:
    with pytest.raises(SpecError, match=r"^solver=guess is unknown; choose one of: lbfgs, steps$"):
        require_choice("solver", "guess", ("lbfgs", "steps"))


@pytest.mark.parametrize("value", NOT_FINITE)
@pytest.mark.parametrize(
    "check", [require_finite, require_positive, lambda name, value: require_least(name, value, -1)]
)
def test_numbers_that_are_not_finite_are_refused(check: Callable[[str, float], None], value: float) -> None:
    with pytest.raises(SpecError, match=f"^rate={value} is out of range; give a finite number$"):
        check("rate", value)


@pytest.mark.parametrize("value", [0, -0.0, -1, -1e30])
def test_only_numbers_above_zero_are_positive(value: float) -> None:
    with pytest.raises(
        SpecError, match=rf"^rate={re.escape(str(value))} is out of range; give a number above 0$"
    ):
        require_positive("rate", value)


@pytest.mark.parametrize("value", [7, 7.999, -8])
def test_less_than_the_least_is_refused(value: float) -> None:
    with pytest.raises(SpecError, match=f"^max_length={value} is out of range; give at least 8$"):
        require_least("max_length", value, 8)


@pytest.mark.parametrize("value", [-1e-9, 1, 1.0, 2.0, *NOT_FINITE])
def test_a_share_leaves_something_over(value: float) -> None:
    with pytest.raises(SpecError, match=f"^dropout={value} is out of range; give a share of at least 0 and"):
        require_share("dropout", value)

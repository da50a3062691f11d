"""Checks of single option values; every message names the option, its value and what to give instead."""

from __future__ import annotations

import math
from collections.abc import Collection

from langalign.errors import SpecError


def require_choice(name: str, value: str, choices: Collection[str]) -> None:
    """Refuse a value that is not among its choices.

    :param name: The option's name.
    :param value: Its value.
    :param choices: The values that there are.
    :raises SpecError: If it is none of them.
    """
    if value not in choices:
        raise SpecError(f"{name}={value} is unknown; choose one of: {', '.join(choices)}")


def require_finite(name: str, value: float) -> None:
    """Refuse infinities, NaN, and whole numbers beyond float64.

    :param name: The option's name.
    :param value: Its value.
    :raises SpecError: If it is not finite.
    """
    try:
        finite = math.isfinite(value)
    except OverflowError:
        finite = False
    _require(finite, name, value, "a finite number")


def require_positive(name: str, value: float) -> None:
    """Refuse a number that is not above zero.

    :param name: The option's name.
    :param value: Its value.
    :raises SpecError: If it is zero, below it, or not finite.
    """
    require_finite(name, value)
    _require(value > 0, name, value, "a number above 0")


def require_least(name: str, value: float, least: float) -> None:
    """Refuse a number below the least that will do.

    :param name: The option's name.
    :param value: Its value.
    :param least: The smallest number allowed.
    :raises SpecError: If it is smaller, or not finite.
    """
    require_finite(name, value)
    _require(value >= least, name, value, f"at least {least}")


def require_share(name: str, value: float) -> None:
    """Refuse a share of which nothing would be left over.

    :param name: The option's name.
    :param value: Its value.
    :raises SpecError: If it is not at least 0 and less than 1.
    """
    _require(0 <= value < 1, name, value, "a share of at least 0 and less than 1")


def _require(holds: bool, name: str, value: float, instead: str) -> None:
    if not holds:
        raise SpecError(f"{name}={value} is out of range; give {instead}")

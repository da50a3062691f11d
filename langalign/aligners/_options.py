"""Checks an aligner's options, and reads them from ``NAME=VALUE``."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_type_hints

from langalign import registry
from langalign.errors import SpecError
from langalign.types import Option

_TYPE_NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    type(None): "null",
}


def parse_options(name: str, preset: str, assignments: Sequence[str]) -> dict[str, Option]:
    """Read options as the command line gives them, and check that the aligner takes them.

    :param name: The aligner's name.
    :param preset: The preset that they are to override.
    :param assignments: Such as ``["epochs=20", "schedule=constant", "penalty=null"]``.
    :return: The options.
    :raises UnknownPartError: If no aligner has that name.
    :raises SpecError: If the preset, an option or a value is unknown.
    """
    options: dict[str, Option] = {}
    for assignment in assignments:
        option, equals, value = assignment.partition("=")
        if not equals:
            raise SpecError(f"option {assignment!r} is not of the form NAME=VALUE")
        options[option] = _value(value)
    registry.get("aligners", name).from_preset(preset, options)
    return options


def check_options(part: type[Any], options: Mapping[str, Option]) -> None:
    """Refuse options that a dataclass does not have, and values of the wrong type.

    :param part: The dataclass.
    :param options: Options by name.
    :raises SpecError: If one does not fit.
    """
    hints = get_type_hints(part)
    known = [field.name for field in dataclasses.fields(part) if field.init]
    for name, value in options.items():
        if name not in known:
            raise SpecError(f"{part.__name__} has no option {name!r}; choose one of: {', '.join(known)}")
        allowed = get_args(hints[name]) or (hints[name],)
        if type(value) not in allowed and not (type(value) is int and float in allowed):
            types = " or ".join(sorted(_TYPE_NAMES[each] for each in allowed))
            raise SpecError(f"{name}={value} is of the wrong type for {part.__name__}; give {types}")


def _value(text: str) -> Option:
    """Read a number, ``true``, ``false`` or ``null`` as JSON does; all else is text."""
    try:
        value: Option = json.loads(text)
    except ValueError:
        return text
    return value

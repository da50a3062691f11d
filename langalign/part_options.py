"""The options of aligners and heads: fields of a dataclass, chosen by preset and by ``NAME=VALUE``.

Shared by :mod:`langalign.aligners` and :mod:`langalign.heads`, which never import each other.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from typing import Any, get_args, get_type_hints

from langalign import registry
from langalign.errors import SpecError
from langalign.option_checks import require_finite
from langalign.types import Option

_TYPE_NAMES = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    type(None): "null",
}


def preset_options(part: type[Any], preset: str, options: Mapping[str, Option] | None) -> dict[str, Any]:
    """Join a preset and the options that override it.

    :param part: A dataclass with ``PRESETS``.
    :param preset: One of these.
    :param options: Single options that override the preset's.
    :return: Arguments that build the part.
    :raises SpecError: If the preset or an option is unknown, or a value of the wrong type.
    """
    if preset not in part.PRESETS:
        raise SpecError(f"{part.__name__} has no preset {preset!r}; choose one of: {', '.join(part.PRESETS)}")
    check_options(part, options or {})
    return {**part.PRESETS[preset], **(options or {})}


def check_options(part: type[Any], options: Mapping[str, Option]) -> None:
    """Refuse options that a dataclass does not have, values of the wrong type, and numbers without end.

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
        if float in allowed and isinstance(value, int | float):
            require_finite(name, value)  # JSON and YAML read infinities and 1e400 as numbers


def current_options(part: Any) -> dict[str, Option]:
    """Tell every option of a part with its value.

    :param part: A dataclass instance.
    :return: What builds the like again.
    """
    return {field.name: getattr(part, field.name) for field in dataclasses.fields(part) if field.init}


def build_part(group: str, name: str, preset: str, assignments: Sequence[str]) -> Any:
    """Build a part with options as the command line gives them.

    :param group: ``aligners``, ``heads`` or ``tuners``.
    :param name: The part's name.
    :param preset: The preset that they are to override.
    :param assignments: Such as ``["epochs=20", "schedule=constant", "penalty=null"]``.
    :return: The part, whose ``options()`` build the like again.
    :raises UnknownPartError: If no part has that name.
    :raises SpecError: If the preset, an option or a value is unknown.
    """
    return registry.get(group, name).from_preset(preset, parse_assignments(assignments))


def parse_assignments(assignments: Sequence[str]) -> dict[str, Option]:
    """Read options as the command line gives them.

    :param assignments: Such as ``["epochs=20", "schedule=constant", "penalty=null"]``.
    :return: The options.
    :raises SpecError: If one is not of that form.
    """
    options: dict[str, Option] = {}
    for assignment in assignments:
        option, equals, value = assignment.partition("=")
        if not equals:
            raise SpecError(f"option {assignment!r} is not of the form NAME=VALUE")
        options[option] = _value(value)
    return options


def _value(text: str) -> Option:
    """Read a number, ``true``, ``false`` or ``null`` as JSON does; all else is text."""
    try:
        value: Option = json.loads(text)
    except (ValueError, RecursionError):
        return text
    return value

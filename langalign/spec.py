"""SPECs: one line of text that names a part, such as an encoder, and its options.

::

    KIND[:NAME][[key=value,...]]
    transformers:xlm-roberta-base[pooling=cls,max_length=128,prefix=query: ]

A value is taken verbatim up to the next ``,`` or ``]``, so a trailing space counts. A backslash
escapes these two and itself; in a NAME it escapes ``[`` and itself. Any other backslash is a backslash.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import Parameter, signature
from types import NoneType
from typing import Any, get_args, get_type_hints

from langalign.errors import SpecError
from langalign.paths import user_path
from langalign.types import Option

_SPEC = re.compile(
    r"(?P<kind>[^:\[\]\\]+)"
    r"(?P<named>:(?P<name>(?:\\.|[^\\\[]|\\$)*))?"
    r"(?:\[(?P<options>(?:\\.|[^\\\]])*)\])?",
    re.DOTALL,
)
_OPTION = re.compile(r"(?P<key>[A-Za-z_]+)=(?P<value>(?:\\.|[^\\,])*)(?:,|$)", re.DOTALL)
_CONVERTERS: dict[type, Callable[[str], Option]] = {
    bool: {"true": True, "false": False}.__getitem__,
    int: int,
    float: float,
    str: str,
}
_IN_NAME, _IN_VALUE = "\\[", "\\],"  # what a backslash escapes


@dataclass(frozen=True)
class ParsedSpec:
    """A SPEC in its parts; values are still text.

    :param kind: The part's name.
    :param name: Model or folder; None where the SPEC has none.
    :param options: What stood in the brackets.
    """

    kind: str
    name: str | None = None
    options: Mapping[str, str] = field(default_factory=dict)


def parse_spec(spec: str) -> ParsedSpec:
    """Take a SPEC apart.

    :param spec: Such as ``transformers:xlm-roberta-base[pooling=cls]``.
    :return: Its parts.
    :raises SpecError: If it does not follow the grammar.
    """
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise SpecError(f"SPEC {spec!r} does not parse; write KIND, KIND:NAME or KIND:NAME[key=value,...]")
    name = _unescape(match["name"], _IN_NAME) if match["named"] else None
    if name == "":
        raise SpecError(f"SPEC {spec!r} has no name after the colon; write {match['kind']}:NAME")
    return ParsedSpec(match["kind"], name, _parse_options(match["options"] or "", spec))


def _parse_options(text: str, spec: str) -> dict[str, str]:
    options: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _OPTION.match(text, at)
        if match is None:
            raise SpecError(f"SPEC {spec!r} has no key=value at {text[at:]!r}; escape ',' and ']' in values")
        if match["key"] in options:
            raise SpecError(f"SPEC {spec!r} gives {match['key']} twice; keep one")
        options[match["key"]] = _unescape(match["value"], _IN_VALUE)
        at = match.end()
    return options


def format_spec(kind: str, name: str | None = None, options: Mapping[str, Option] | None = None) -> str:
    """Write the SPEC that :func:`parse_spec` takes apart again, options in alphabetical order.

    :param kind: The part's name.
    :param name: Model or folder.
    :param options: Values of any option type; None is left out.
    :return: The canonical SPEC.
    """
    named = "" if name is None else ":" + _escape(name, _IN_NAME)
    given = {key: value for key, value in sorted((options or {}).items()) if value is not None}
    inside = ",".join(f"{key}={_escape(_text(value), _IN_VALUE)}" for key, value in given.items())
    return f"{kind}{named}" + (f"[{inside}]" if given else "")


def arguments(parsed: ParsedSpec, part: type[Any]) -> dict[str, Any]:
    """Turn a SPEC's name and options into arguments of a part's constructor.

    A parameter ``name`` takes the SPEC's name, and ``device`` is never an option. Where the part's
    ``local_names`` holds, a folder's name is made absolute, so that it means the same folder everywhere.

    :param parsed: The SPEC in its parts.
    :param part: The class to build.
    :return: Keyword arguments, converted to the types that the constructor asks for.
    :raises SpecError: If an option or the name does not suit the part.
    """
    hints = get_type_hints(part.__init__)
    choices = _choices(hints)
    options: dict[str, Any] = {
        key: _convert(parsed.kind, key, value, choices) for key, value in parsed.options.items()
    }
    if "name" in hints and parsed.name is None and _needs_name(part):
        raise SpecError(f"{parsed.kind} needs a name; write {parsed.kind}:NAME")
    if "name" not in hints and parsed.name is not None:
        raise SpecError(f"{parsed.kind} takes no name, got {parsed.name!r}; write {parsed.kind}")
    if parsed.name is not None:
        options["name"] = _located(parsed.name) if part.local_names else parsed.name
    return options


def _choices(hints: Mapping[str, Any]) -> dict[str, type]:
    """Tell each option's type: its annotation, or the part of it that is not None."""
    types: dict[str, type] = {}
    for key, hint in hints.items():
        if key not in ("return", "name", "device"):
            types[key] = next((one for one in get_args(hint) if one is not NoneType), hint)
    return types


def _convert(kind: str, key: str, value: str, choices: Mapping[str, type]) -> Option:
    if key not in choices:
        raise SpecError(f"{kind} has no option {key!r}; choose from: {', '.join(sorted(choices)) or 'none'}")
    wanted = choices[key]
    try:
        return _CONVERTERS[wanted](value)
    except (ValueError, KeyError) as error:
        shown = "true or false" if wanted is bool else f"of type {wanted.__name__}"
        raise SpecError(f"{kind} takes {key} {shown}, got {value!r}; mend the SPEC") from error


def _needs_name(part: type[Any]) -> bool:
    return signature(part).parameters["name"].default is Parameter.empty


def _located(name: str) -> str:
    folder = user_path(name)
    return str(folder.resolve()) if folder.is_dir() else name


def _text(value: Option) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _escape(text: str, special: str) -> str:
    return "".join("\\" + letter if letter in special else letter for letter in text)


def _unescape(text: str, special: str) -> str:
    return re.sub(rf"\\([{re.escape(special)}])", r"\1", text)

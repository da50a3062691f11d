"""Options of registered parts, by type."""

from __future__ import annotations

import dataclasses
from typing import get_args, get_type_hints

from langalign import registry


def float_options(group: str) -> list[tuple[str, str]]:
    """Name each part of a group with each of its options that takes any number."""
    found = []
    for name in registry.names(group):
        part = registry.get(group, name)
        hints = get_type_hints(part)
        options = [field.name for field in dataclasses.fields(part) if field.init]
        found += [(name, option) for option in options if float in (hints[option], *get_args(hints[option]))]
    return found

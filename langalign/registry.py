"""Finds parts by name: a part is one file, and its name is the file's stem (``_`` reads ``-``).

Listing names imports nothing, so a part whose dependency is missing is listed all the same, and
``--help`` stays quick. Other packages add parts through entry points of the same group, such as
``langalign.aligners``.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import Any

from langalign.errors import UnknownPartError


@dataclass(frozen=True)
class Group:
    """One kind of part: what it is called, its package, and its base class in ``<package>.base``."""

    singular: str
    package: str
    base: str


GROUPS = {
    "encoders": Group("encoder", "langalign.encoders", "BaseEncoder"),
    "aligners": Group("aligner", "langalign.aligners", "Aligner"),
    "heads": Group("head", "langalign.heads", "Head"),
    "tuners": Group("tuner", "langalign.tuning", "Tuner"),
    "translators": Group("translator", "langalign.translation", "Translator"),
    "datasets": Group("dataset", "langalign.corpora.datasets", "Dataset"),
}


def names(group: str) -> list[str]:
    """List the names of a group's parts, sorted, without importing any.

    :param group: A key of :data:`GROUPS`.
    :return: The names.
    """
    return sorted({*_own(group), *_foreign(group)})


def get(group: str, name: str) -> type[Any]:
    """Import one part.

    :param group: A key of :data:`GROUPS`.
    :param name: The part's name, such as ``mean-shift``.
    :return: The part's class.
    :raises UnknownPartError: If no part has that name.
    """
    if name in _own(group):
        module = importlib.import_module(f"{GROUPS[group].package}.{name.replace('-', '_')}")
        return _part_of(module, group)
    foreign = _foreign(group)
    if name in foreign:
        part: type[Any] = foreign[name].load()
        return part
    raise UnknownPartError(GROUPS[group].singular, name, names(group))


def _own(group: str) -> set[str]:
    spec = importlib.util.find_spec(GROUPS[group].package)
    folders = spec.submodule_search_locations if spec else None
    stems = (file.stem for folder in folders or () for file in Path(folder).glob("*.py"))
    return {stem.replace("_", "-") for stem in stems if stem != "base" and not stem.startswith("_")}


def _foreign(group: str) -> dict[str, Any]:
    return {point.name: point for point in entry_points(group=f"langalign.{group}")}


def _part_of(module: ModuleType, group: str) -> type[Any]:
    """Find the one class in the module that derives from the group's base."""
    base = getattr(importlib.import_module(f"{GROUPS[group].package}.base"), GROUPS[group].base)
    found = [
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, base) and value.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise TypeError(f"{module.__name__} must define exactly one {base.__name__}, has {len(found)}")
    return found[0]

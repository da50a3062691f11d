"""Finds parts by name: a part is one file, and its name is the file's stem (``_`` reads ``-``).

Listing names imports nothing, so a part whose dependency is missing is listed all the same, and
``--help`` stays quick. Other packages add parts through entry points of the same group, such as
``langalign.aligners``.
"""

from __future__ import annotations

import importlib
import importlib.util
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
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


def name_of(group: str, part: type[Any]) -> str:
    """Tell the name under which :func:`get` finds a part.

    :param group: A key of :data:`GROUPS`.
    :param part: The part's class.
    :return: The name, of several the first; of a class that is not registered its module and name.
    """
    package, _, stem = part.__module__.rpartition(".")
    if package == GROUPS[group].package and not stem.startswith("_"):
        return stem.replace("_", "-")
    own, address = _own(group), f"{part.__module__}:{part.__qualname__}"
    foreign = {name: point for name, point in sorted(_foreign(group).items()) if name not in own}
    for name, point in foreign.items():
        if point.value == address:  # the usual case, told without importing other packages
            return name
    found = (name for name, point in foreign.items() if _leads_to(point, part))
    return next(found, f"{part.__module__}.{part.__qualname__}")


def _leads_to(point: EntryPoint, part: type[Any]) -> bool:
    try:
        return point.load() is part
    except Exception:  # another package's trouble is not this part's
        return False


def _own(group: str) -> set[str]:
    spec = importlib.util.find_spec(GROUPS[group].package)
    folders = spec.submodule_search_locations if spec else None
    stems = (file.stem for folder in folders or () for file in Path(folder).glob("*.py"))
    return {stem.replace("_", "-") for stem in stems if stem != "base" and not stem.startswith("_")}


def _foreign(group: str) -> dict[str, EntryPoint]:
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

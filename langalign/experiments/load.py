"""Reads SPEC.yaml, and says in one line what is wrong with it."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import yaml
from pydantic import BaseModel, ValidationError

from langalign.errors import DataError, SpecError
from langalign.experiments.rules import broken_rules
from langalign.experiments.spec import Spec
from langalign.paths import user_path

_VARIABLE = re.compile(r"\$\{(\w+)\}")
_MOST_VALUES = 10_000
_SECRET = re.compile("KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
_EXPONENT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)[eE][-+]?[0-9]+\Z")
"""As YAML 1.2 writes numbers with an exponent; YAML 1.1 takes one without point or sign for text."""


def load_spec(path: Path | str, *, encoder: str | None = None, default_encoder: str | None = None) -> Spec:
    """Read and check a SPEC file; no data is read yet.

    :param path: The file.
    :param encoder: A SPEC that replaces the file's encoder.
    :param default_encoder: A SPEC for a file that neither names nor tunes an encoder.
    :return: The experiment.
    :raises DataError: If the file cannot be read.
    :raises SpecError: If it is no YAML, or a key or value is wrong: the file, the key, and what is wrong.
    """
    path = user_path(path)
    content = _read(path)
    if encoder:
        if "tune" in content:
            raise SpecError(f"{path}: tune makes its own encoder, so --encoder {encoder} has no place")
        content["encoder"] = encoder
    if default_encoder and content.get("encoder") is None and content.get("tune") is None:
        content["encoder"] = default_encoder
    try:
        spec = Spec.model_validate(_filled(content, path, ""))
    except ValidationError as error:
        raise SpecError(f"{path}: {_first_problem(error)}") from error
    for key, problem in broken_rules(spec):
        raise SpecError(f"{path}: {key}: {problem}")
    return spec


class _Loader(yaml.SafeLoader):  # type: ignore[misc]  # yaml is untyped
    """Load YAML whose every key stands once; YAML's own loaders take the last of several."""

    def get_single_node(self) -> Any:
        """Refuse aliases (``*name``) by which a few lines stand for billions of values, or for themselves."""
        root = super().get_single_node()
        count, waiting = 0, [root]
        while waiting:
            node = waiting.pop()
            if isinstance(node, yaml.SequenceNode):
                waiting += node.value
            elif isinstance(node, yaml.MappingNode):
                waiting += [part for pair in node.value for part in pair]
            count += 1
            if count > _MOST_VALUES:
                raise SpecError(
                    f"{self.name}: holds over {_MOST_VALUES:,} values, aliases written out; use fewer"
                )
        return root

    def compose_mapping_node(self, anchor: str | None) -> Any:
        node = super().compose_mapping_node(anchor)
        lines: dict[tuple[str, str], int] = {}
        for key in [key for key, _ in node.value if isinstance(key, yaml.ScalarNode)]:
            name, line = (key.tag, key.value), key.start_mark.line + 1
            if name in lines:
                raise SpecError(
                    f"{self.name}, line {line}: the key {key.value!r} stands already in line {lines[name]}; "
                    "keep one of them"
                )
            lines[name] = line
        return node


_Loader.add_implicit_resolver("tag:yaml.org,2002:float", _EXPONENT, list("-+.0123456789"))


def _read(path: Path) -> dict[str, Any]:
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        loader.name = str(path)  # which messages begin with
        content = loader.get_single_data()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not UTF-8 text"
        raise DataError(f"{path}: cannot be read: {reason}; name a SPEC.yaml") from error
    # Beside its own errors yaml lets through those of int, datetime and the like, for values that are none.
    except (yaml.YAMLError, ValueError, LookupError, AttributeError, RecursionError) as error:
        raise SpecError(f"{path}: is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, dict) or not all(isinstance(key, str) for key in content):
        raise SpecError(f"{path}: holds no keys and values; begin with task: and methods:")
    return content


def _filled(value: Any, path: Path, key: str) -> Any:
    """Put the environment's values in place of ``${NAME}``."""
    if isinstance(value, dict):
        return {name: _filled(one, path, f"{key}.{name}".strip(".")) for name, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, path, f"{key}.{number}") for number, one in enumerate(value)]
    if not isinstance(value, str):
        return value
    for name in _VARIABLE.findall(value):
        if _SECRET.search(name):
            raise SpecError(
                f"{path}: {key}: ${{{name}}} names a secret, which results would tell; leave it out"
            )
        if name not in os.environ:
            raise SpecError(f"{path}: {key}: ${{{name}}} is not set in the environment; export {name}=…")
    return _VARIABLE.sub(lambda found: os.environ[found[1]], value)


def _first_problem(error: ValidationError) -> str:
    problem = error.errors(include_url=False)[0]
    key = ".".join(map(str, problem["loc"])) or "the file"
    if problem["type"] == "extra_forbidden":
        return f"{key} is an unknown key; known here: {', '.join(_known_keys(problem['loc'][:-1]))}"
    if problem["type"] == "missing":
        return f"{key} is missing"
    message = problem["msg"].removeprefix("Value error, ").removeprefix("Input ")
    shown = "" if isinstance(problem["input"], Mapping | list) else f", got {problem['input']!r}"
    return f"{key}: {message[0].lower()}{message[1:]}{shown}"


def _known_keys(place: tuple[int | str, ...]) -> list[str]:
    """List the keys that may stand at a place of the file."""
    model: type[BaseModel] = Spec
    for step in place:
        field = model.model_fields.get(str(step))  # none for a place in a list, or an aligner's name
        kinds = (field.annotation, *get_args(field.annotation)) if field else ()
        model = next(filter(_is_model, kinds), model)
    return sorted(model.model_fields)


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)

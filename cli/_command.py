"""What every command shares: groups of options, one-line errors, exit codes."""

from __future__ import annotations

import dataclasses
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

import typer

from langalign.errors import LangalignError
from langalign_cli import _interrupt, _render


@dataclass(frozen=True)
class Outcome:
    """What a command found out.

    :param data: The figures, as plain JSON types.
    :param failure: The check that did not hold, if one was asked for; the exit code is then 1.
    :param streamed: Whether the output was written already, line by line.
    """

    data: Mapping[str, Any]
    failure: str | None = None
    streamed: bool = False


def register(app: typer.Typer, name: str, function: Callable[..., Outcome]) -> None:
    """Add a command.

    A parameter whose type is a dataclass stands for a group of options, one for each field, so that
    commands share them without repeating them.

    :param app: Where to add it.
    :param name: What the user types.
    :param function: Does the work and returns an :class:`Outcome`; its docstring is the help.
    """
    hints = get_type_hints(function, include_extras=True)
    groups: dict[str, type[Any]] = {
        key: hint
        for key, hint in hints.items()
        if key != "return" and isinstance(hint, type) and dataclasses.is_dataclass(hint)
    }
    parameters = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.name in groups:
            parameters += _fields_as_parameters(groups[parameter.name])
        else:
            kind = inspect.Parameter.KEYWORD_ONLY
            parameters.append(parameter.replace(kind=kind, annotation=hints[parameter.name]))

    @functools.wraps(function)
    def wrapped(**values: Any) -> None:
        arguments = dict(values)
        for key, group in groups.items():
            names = [field.name for field in dataclasses.fields(group)]
            arguments[key] = group(**{field: arguments.pop(field) for field in names})
        _run(function, arguments, as_json=values.get("json", False))

    wrapped.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]  # typer reads it
    wrapped.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    app.command(name)(wrapped)


def _fields_as_parameters(group: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(group)
    ]


def _run(function: Callable[..., Outcome], arguments: dict[str, Any], *, as_json: bool) -> None:
    try:
        _interrupt.raise_again()
        outcome = function(**arguments)
        if not outcome.streamed:
            _render.show(outcome.data, as_json=as_json)
    except LangalignError as error:
        _render.error(str(error))
        raise typer.Exit(1) from None
    except MemoryError as error:
        _render.error(f"out of memory: {error or 'nothing more can be allocated'}; what was stored is kept")
        raise typer.Exit(1) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        _render.error(
            f"{error.filename or 'system error'}: {error.strerror or error}; what was stored is kept"
        )
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        _render.error(_interrupt.LINE)
        raise typer.Exit(_interrupt.EXIT_CODE) from None
    if outcome.failure:
        _render.error(outcome.failure)
        raise typer.Exit(1)

"""The error tree.

::

    LangalignError                 everything below; the command line prints its one line
    ├── SpecError                  a SPEC, DATA or option that does not parse
    ├── UnknownPartError           no encoder, aligner, head or dataset of that name
    ├── MissingExtraError          an optional package is not installed
    ├── DataError                  the user's files
    │   └── BadRowError            one row of them: file and line number
    ├── ShapeError                 arrays that do not fit each other
    ├── NotFittedError             a part used before ``fit``
    ├── IdentityError              vectors of one encoder offered to a part of another
    ├── StoreError                 the embedding cache cannot be read or written
    │   └── DamageError            stored bytes are not the bytes that were written
    ├── ServiceError               a remote service failed or lied
    └── CheckFailedError           a check that the user asked for did not hold

Each message says what is wrong, both values, and what to do.
"""

from __future__ import annotations

from collections.abc import Iterable


class LangalignError(Exception):
    """Be the root of everything that langalign raises on purpose."""


class SpecError(LangalignError):
    """Say that a SPEC, DATA or option does not parse."""


class UnknownPartError(LangalignError):
    """Say that a part's name is unknown, and list the names that are known."""

    def __init__(self, kind: str, name: str, choices: Iterable[str]) -> None:
        """Name the part and the choices.

        :param kind: What was looked for, such as ``aligner``.
        :param name: The name that was given.
        :param choices: The names that exist.
        """
        self.kind, self.name, self.choices = kind, name, sorted(choices)
        super().__init__(f"unknown {kind} {name!r}; choose one of: {', '.join(self.choices)}")


class MissingExtraError(LangalignError):
    """Say that an optional package is missing, with the line that installs it."""

    def __init__(self, purpose: str, package: str, extra: str) -> None:
        """Name the need and the extra that fills it.

        :param purpose: What needs the package.
        :param package: The package that could not be imported.
        :param extra: The extra of langalign that brings it.
        """
        super().__init__(
            f"{purpose} needs the package {package!r}, which is not installed; "
            f"run: pip install 'langalign[{extra}]'"
        )


class DataError(LangalignError):
    """Say what is wrong with the user's files."""


class BadRowError(DataError):
    """Say which row of which file cannot be used, and why."""

    def __init__(self, path: str, line: int, problem: str) -> None:
        """Name the row.

        :param path: The file, as the user named it.
        :param line: The line number, counted from 1.
        :param problem: What is wrong with the row.
        """
        self.path, self.line, self.problem = path, line, problem
        super().__init__(f"{path}, line {line}: {problem} (--skip-bad leaves such rows out)")


class ShapeError(LangalignError):
    """Say which arrays do not fit each other."""


class NotFittedError(LangalignError):
    """Say that a part was used before ``fit``."""


class IdentityError(LangalignError):
    """Say that vectors of one encoder met a part that belongs to another."""


class StoreError(LangalignError):
    """Say why the embedding cache cannot be read or written."""


class DamageError(StoreError):
    """Say which stored bytes are not the bytes that were written."""


class ServiceError(LangalignError):
    """Say how a remote service failed."""


class CheckFailedError(LangalignError):
    """Say which check, asked for by the user, did not hold."""


def one_line(error: BaseException, most: int | None = 300) -> str:
    """Say in one line what went wrong.

    :param error: Any error, of a library that writes paragraphs too.
    :param most: Letters of its message to keep; None keeps all.
    :return: The message, else the kind of error.
    """
    return " ".join(str(error).split())[:most] or type(error).__name__

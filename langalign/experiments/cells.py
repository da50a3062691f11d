"""Results of cells: one small JSON file each, there whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from langalign.durable import write_durably
from langalign.errors import DamageError
from langalign.experiments.grid import Cell

UNALIGNED = "EN–TR"
"""The cosine that no aligner changes."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a cell came to.

    :param cell: The cell.
    :param key: Its content key.
    :param scores: Figures by name; for ``cosine`` one for each pair of sides.
    :param encoder: Fingerprint of the encoder.
    :param aligner: Content key of the aligner, if there is one.
    :param head: Content key of the head, if there is one.
    :param rows: Rows that the head learned from; fewer than the cell's size where some had no translation.
    :param overlap: The aligner's pairs whose source text the head learned from, too.
    :param answers: What was predicted on the test rows: class numbers, or scores.
    :param classes: Names of the class numbers; none for scores.
    :param spent: Seconds and translations beyond those of the parts, by name.
    """

    cell: Cell
    key: str
    scores: Mapping[str, float]
    encoder: str
    aligner: str | None = None
    head: str | None = None
    rows: int | None = None
    overlap: int = 0
    answers: list[float] = field(default_factory=list)
    classes: list[str] = field(default_factory=list)
    spent: Mapping[str, float] = field(default_factory=dict)

    def summary(self) -> dict[str, Any]:
        """Give everything but the answers, as plain JSON types."""
        left_out = ("cell", "answers", "classes")
        told = {name: value for name, value in vars(self).items() if name not in left_out}
        return {**asdict(self.cell), **told}


@dataclass(frozen=True)
class Failure:
    """Say why a cell came to nothing.

    :param cell: The cell.
    :param error: One line.
    """

    cell: Cell
    error: str

    def summary(self) -> dict[str, Any]:
        """Give it as plain JSON types."""
        return {**asdict(self.cell), "error": self.error}


def side_names(reverse: bool) -> tuple[str, str, str]:
    """Name the two sides of each cosine of a cell: EN is the source, TR the target, A( ) what is moved.

    :param reverse: Whether the aligner moves the target.
    :return: Source to target, source to moved, target to moved.
    """
    moved = "A(TR)" if reverse else "A(EN)"
    return UNALIGNED, f"EN–{moved}", f"TR–{moved}"


def cell_path(out: Path, key: str) -> Path:
    """Tell where a cell's result lies.

    :param out: The experiment's folder.
    :param key: The cell's content key.
    :return: The file.
    """
    return out / "cells" / f"{key}.json"


def write_result(out: Path, result: Result) -> None:
    """Write a result.

    :param out: The experiment's folder.
    :param result: What to write.
    """
    told = {**vars(result), "cell": asdict(result.cell)}  # asdict would copy each answer
    write_durably(cell_path(out, result.key), (json.dumps(told, ensure_ascii=False) + "\n").encode())


def read_result(out: Path, key: str) -> Result:
    """Read a result.

    :param out: The experiment's folder.
    :param key: The cell's content key.
    :return: The result.
    :raises DamageError: If the file is not what was written.
    """
    path = cell_path(out, key)
    try:
        content = json.loads(path.read_bytes())
        return Result(**{**content, "cell": Cell(**content["cell"])})
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamageError(f"{path}: cannot be read: {error}; remove it, and the cell is run again") from error


def write_measure(out: Path, key: str, **measured: float) -> None:
    r"""Record what making a part took.

    :param out: The experiment's folder.
    :param key: The part's content key.
    :param \**measured: Figures, such as ``seconds``.
    """
    write_durably(out / "measured" / f"{key}.json", (json.dumps(measured) + "\n").encode())


def read_measure(out: Path, key: str | None) -> dict[str, float]:
    """Read what making a part took.

    :param out: The experiment's folder.
    :param key: The part's content key, if there is a part.
    :return: The figures; none if nothing was measured.
    :raises DamageError: If the file is not what was written.
    """
    path = out / "measured" / f"{key}.json"
    if key is None or not path.is_file():
        return {}
    try:
        return {str(name): float(value) for name, value in json.loads(path.read_bytes()).items()}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError) as error:
        raise DamageError(f"{path}: cannot be read: {error}; remove it, only costs are lost") from error

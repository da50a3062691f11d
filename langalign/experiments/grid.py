"""The grid: methods × pairs × sizes × seeds, and each cell's name."""

from __future__ import annotations

from dataclasses import dataclass

from langalign.experiments.methods import Method, method
from langalign.experiments.rules import COSINE
from langalign.experiments.spec import CentreSpec, Spec


@dataclass(frozen=True, order=True)
class Cell:
    """One run of a method.

    :param method: The method's name.
    :param pairs: Pairs that its aligner learns from; None without any of their own.
    :param size: Rows that its head learns from; None without a head.
    :param seed: Seed of everything random in it.
    """

    method: str
    pairs: int | None
    size: int | None
    seed: int

    @property
    def does(self) -> Method:
        """Tell what the method does."""
        return method(self.method)

    def __str__(self) -> str:
        """Show the cell, as in ``ae, 5,000 pairs, 10,000 rows, seed 0``."""
        parts = [self.method]
        parts += [f"{self.pairs:,} pairs"] if self.pairs else []
        parts += [f"{self.size:,} rows"] if self.size else []
        return ", ".join([*parts, f"seed {self.seed}"])


def expand(spec: Spec) -> list[Cell]:
    """List the cells in the order of the spec: by method, pairs, size, seed.

    :param spec: The experiment.
    :return: Its cells.
    """
    cells = []
    for one in spec.methods:
        pairs: tuple[int | None, ...] = (None,)
        if one.does.pairs == "apart" and spec.pairs:
            pairs = one.pairs or spec.pairs.sizes
        sizes: tuple[int | None, ...] = (None,) if spec.task.metric == COSINE else one.sizes or spec.sizes
        cells += [Cell(one.method, few, size, seed) for few in pairs for size in sizes for seed in spec.seeds]
    return [cell for cell in cells if _on_a_line(cell, spec.centre)]


def _on_a_line(cell: Cell, centre: CentreSpec | None) -> bool:
    """Tell whether a cell departs from the centre in one number at most."""
    if centre is None or cell.pairs is None or cell.size is None:
        return True
    return cell.pairs == centre.pairs or cell.size == centre.rows

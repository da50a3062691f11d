"""Whole tables from one file: the grid, its cells, and what they show."""

from __future__ import annotations

from langalign.experiments.cost import Cost, costs
from langalign.experiments.dry import dry_run
from langalign.experiments.load import load_spec
from langalign.experiments.output import write_output
from langalign.experiments.run import Ran, run_experiment
from langalign.experiments.spec import Spec
from langalign.experiments.table import Entry, tabulate

__all__ = [
    "Cost",
    "Entry",
    "Ran",
    "Spec",
    "costs",
    "dry_run",
    "load_spec",
    "run_experiment",
    "tabulate",
    "write_output",
]

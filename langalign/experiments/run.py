"""Runs an experiment: what exists is reused, what is missing is made, a kill loses the cell in flight."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from langalign.cache import cache_folder
from langalign.environment import available_cores
from langalign.experiments.bench import Bench
from langalign.experiments.cells import Failure, Result, cell_path, read_result
from langalign.experiments.embedding import Stages, embed_cells, silent
from langalign.experiments.grid import Cell, expand
from langalign.experiments.heavy import run_heavy
from langalign.experiments.pool import FAILURES, run_jobs, told
from langalign.experiments.prepare import (
    Confirm,
    frozen_encoder,
    make_bench,
    read_material,
    translate_rows,
)
from langalign.experiments.spec import Spec
from langalign.experiments.work import make_aligner, run_cell
from langalign.paths import user_path


@dataclass(frozen=True)
class Ran:
    """What an experiment came to.

    :param bench: What its cells shared.
    :param cells: All cells, in the order of the spec.
    :param reused: How many of them were there already.
    :param results: Those that came to something.
    :param failures: Those that did not.
    """

    bench: Bench
    cells: Sequence[Cell]
    reused: int
    results: Mapping[Cell, Result]
    failures: Sequence[Failure]


def run_experiment(
    spec: Spec,
    *,
    out: Path | str,
    cache: Path | str | None = None,
    data_dir: Path | str | None = None,
    device: str = "auto",
    workers: int | None = None,
    stages: Stages = silent,
    confirm: Confirm | None = None,
) -> Ran:
    """Run the cells of an experiment that are not there yet.

    :param spec: The experiment.
    :param out: Folder of its aligners, heads and cells.
    :param cache: Folder of all stores of vectors; by default ``LANGALIGN_CACHE``, else ``./cache``.
    :param data_dir: Folder of published datasets; by default ``LANGALIGN_DATA``, else the hub.
    :param device: Torch device.
    :param workers: Cells side by side; one for each core if not given, one alone on a GPU.
    :param stages: Opens what shows progress.
    :param confirm: Is shown what a translator will take before anything is sent; may raise to stop.
    :return: The results of all cells, and what failed.
    :raises SpecError: If the data does not suffice.
    :raises DataError: If it cannot be read.
    """
    out, cache = user_path(out), cache_folder(cache)
    material, cells = read_material(spec, data_dir), expand(spec)
    encoder = frozen_encoder(spec, material, out, device, stages)
    bench = make_bench(spec, material, encoder, out=out, cache=cache, device=device)
    bench = translate_rows(bench, cells, stages, confirm)
    keys = {cell: bench.cell_key(cell) for cell in cells}
    pending = [cell for cell in cells if not cell_path(out, keys[cell]).is_file()]
    light = [cell for cell in pending if not bench.heavy(cell)]
    embed_cells(bench, light, stages)
    failures = _run_light(bench, light, workers or default_workers(device), stages)
    failures += _run_heavy(bench, [cell for cell in pending if bench.heavy(cell)], stages)
    failed = {failure.cell for failure in failures}
    results = {cell: read_result(out, keys[cell]) for cell in cells if cell not in failed}
    return Ran(bench, cells, len(cells) - len(pending), results, failures)


def default_workers(device: str) -> int:
    """Tell how many cells run side by side: one for each core, or one alone on a GPU."""
    from langalign.training.device import resolve_device

    return available_cores() if resolve_device(device) == "cpu" else 1


def _run_light(bench: Bench, cells: Sequence[Cell], workers: int, stages: Stages) -> list[Failure]:
    """Fit the aligners, then for each head all the cells that share it."""
    failures: list[Failure] = []
    lost: dict[str | None, str] = {}
    jobs = _first_by(bench.aligner_key, [cell for cell in cells if cell.does.aligner])
    jobs = [cell for cell in jobs if not (bench.out / "aligners" / str(bench.aligner_key(cell))).exists()]
    if jobs:
        fitting = run_jobs(_fit_aligner, bench, jobs, workers)
        with stages("fit aligners", "aligners") as progress, closing(fitting):
            for number, (cell, _, error) in enumerate(fitting, start=1):
                if error:
                    lost[bench.aligner_key(cell)] = error
                if progress:
                    progress(number, len(jobs))
    ready = []
    for cell in cells:
        why = lost.get(bench.aligner_key(cell)) if cell.does.aligner else None
        if why:
            failures.append(Failure(cell, why))
        else:
            ready.append(cell)
    groups = _grouped(bench, ready)
    done = len(failures)
    running = run_jobs(run_group, bench, groups, workers)
    with stages("run cells", "cells") as progress, closing(running):
        for group, found, error in running:
            done += len(group)
            failures += [Failure(cell, error) for cell in group] if error else found or []
            if progress:
                progress(done, len(cells))
    return failures


def _run_heavy(bench: Bench, cells: Sequence[Cell], stages: Stages) -> list[Failure]:
    """Run the cells that tune models of their own, one after the other."""
    failures = []
    for cell in cells:
        try:
            run_heavy(bench, cell, stages)
        except FAILURES as error:
            failures.append(Failure(cell, told(error)))
    return failures


def _fit_aligner(bench: Bench, cell: Cell) -> None:
    make_aligner(bench, cell)


def run_group(bench: Bench, cells: Sequence[Cell]) -> list[Failure]:
    """Run cells that share a head, one after the other.

    :param bench: What all cells share.
    :param cells: The cells.
    :return: Those that failed.
    """
    failures = []
    for cell in cells:
        try:
            run_cell(bench, cell)
        except FAILURES as error:
            failures.append(Failure(cell, told(error)))
    return failures


def _grouped(bench: Bench, cells: Iterable[Cell]) -> list[list[Cell]]:
    groups: dict[str | None, list[Cell]] = {}
    for cell in cells:
        groups.setdefault(bench.head_key(cell) or str(cell), []).append(cell)
    return list(groups.values())


def _first_by(key: Callable[[Cell], str | None], cells: Iterable[Cell]) -> list[Cell]:
    """Keep the first cell of each key."""
    first: dict[str | None, Cell] = {}
    for cell in cells:
        first.setdefault(key(cell), cell)
    return list(first.values())

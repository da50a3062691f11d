"""Cells that tune a model of their own, one after the other on all cores or the GPU."""

from __future__ import annotations

from dataclasses import replace

from langalign import registry
from langalign.encoders import build
from langalign.experiments._sources import SEQ2SEQ, answers, flat, translations
from langalign.experiments.bench import Bench, needed
from langalign.experiments.cells import Result, read_measure, write_measure
from langalign.experiments.embedding import Stages, embed_cells
from langalign.experiments.grid import Cell
from langalign.experiments.material import translated
from langalign.experiments.spec import PartSpec
from langalign.experiments.work import finished, run_cell, scored
from langalign.translation import tune_translator
from langalign.tuning import tune_encoder


def run_heavy(bench: Bench, cell: Cell, stages: Stages) -> Result:
    """Tune what a cell needs, then do the cell.

    :param bench: What all cells share.
    :param cell: A cell that tunes.
    :param stages: Opens what shows progress.
    :return: The result, written.
    """
    key, seconds, adapted = bench.cell_key(cell), 0.0, bench
    if cell.does.labels == "seq2seq":
        adapted, seconds = _translated(adapted, cell, stages)
    if not cell.does.tuner and bench.spec.baselines == "end-to-end":
        return _end_to_end(adapted, cell, key, seconds, stages)
    if cell.does.tuner:
        adapted, more = _adapted(adapted, cell, stages)
        seconds += more
    embed_cells(adapted, [cell], stages)
    return run_cell(adapted, cell, key=key, spent={"tune_seconds": seconds})


def _translated(bench: Bench, cell: Cell, stages: Stages) -> tuple[Bench, float]:
    """Tune the sequence model on the cell's pairs, and translate the rows of its head."""
    chosen, source = needed(bench.spec.seq2seq), needed(bench.material.source)
    key = bench.seq2seq_key(cell)
    folder = bench.out / "translators" / key
    if not folder.exists():
        with stages(f"tune translator: {cell}", "updates") as progress:
            tuned = tune_translator(
                *map(flat, bench.pair_texts(cell)),
                model=chosen.model,
                to=chosen.to,
                source_language=chosen.source_language,
                preset=chosen.preset,
                options=chosen.options,
                out=folder,
                seed=cell.seed,
                device=bench.device,
                progress=progress,
            )
        write_measure(bench.out, key, seconds=tuned.seconds)
    rows = bench.head_rows(cell)
    with stages(f"translate: {cell}", "texts") as progress:
        told = translations(
            [source.texts[row] for row in rows],
            f"{SEQ2SEQ}:{folder}",
            to=chosen.to,
            source_language=chosen.source_language,
            cache=bench.cache,
            max_cost=None,
            prices=None,
            device=bench.device,
            progress=progress,
        )
    ours = translated(source, chosen.model, rows.tolist(), told.texts)
    seconds = read_measure(bench.out, key).get("seconds", 0.0)
    return replace(bench, material=replace(bench.material, seq2seq=ours)), seconds


def _adapted(bench: Bench, cell: Cell, stages: Stages) -> tuple[Bench, float]:
    """Adapt the language model to the cell's rows, and take it as the encoder."""
    spec, seconds = _tuned(bench, cell, cell.does.tuner, stages)
    encoder = build(spec, device=bench.device)
    return replace(bench, encoder=encoder.spec, fingerprint=encoder.identity.fingerprint), seconds


def _tuned(bench: Bench, cell: Cell, method: str, stages: Stages) -> tuple[str, float]:
    tuning, labelled, rows = needed(bench.spec.tuning), bench.labelled(cell), bench.head_rows(cell)
    part: PartSpec = getattr(tuning, method)
    with stages(f"tune {method}: {cell}", "updates") as progress:
        tuned = tune_encoder(
            [labelled.texts[row] for row in rows],
            [labelled.labels[row] for row in rows],
            model=tuning.model,
            tuner=registry.get("tuners", method).from_preset(part.preset, part.options),
            out=bench.tuned_folder(cell, method),
            seed=cell.seed,
            device=bench.device,
            progress=progress,
        )
    return tuned.spec, tuned.seconds


def _end_to_end(bench: Bench, cell: Cell, key: str, seconds: float, stages: Stages) -> Result:
    """Tune language model and head together, and let these answer."""
    _, more = _tuned(bench, cell, "full", stages)
    test = needed(bench.material.test)
    predicted = answers(bench.tuned_folder(cell, "full"), test.texts, bench.device)
    found = {**scored(bench, predicted), "spent": {"tune_seconds": seconds + more}}
    return finished(bench, cell, found, key=key, parts=False)

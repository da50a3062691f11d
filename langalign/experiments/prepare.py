"""Makes ready what all cells share: texts, the encoder, and translations that are bought."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

import numpy as np

from langalign import registry
from langalign.encoders import build
from langalign.experiments._sources import Translations, foreseen, pin, translations
from langalign.experiments.bench import Bench, digest, needed
from langalign.experiments.cells import read_measure, write_measure
from langalign.experiments.checks import check_joint, check_material
from langalign.experiments.draws import head_order
from langalign.experiments.embedding import Stages
from langalign.experiments.grid import Cell
from langalign.experiments.material import Material, Pairs, assemble, readers, translated
from langalign.experiments.spec import Spec
from langalign.translation import Estimate
from langalign.tuning import tune_encoder

Confirm: TypeAlias = Callable[[Estimate], None]
"""Is shown what translating will take before anything is sent; may raise to stop."""


def read_material(spec: Spec, data_dir: Path | str | None) -> Material:
    """Read all texts of an experiment.

    :param spec: The experiment.
    :param data_dir: Folder of published datasets.
    :return: The texts, enough for every cell.
    :raises DataError: If a file cannot be read.
    :raises SpecError: If more rows are asked for than there are, or the data does not fit together.
    """
    material = assemble(spec, {key: read() for key, read in readers(spec, data_dir).items()})
    check_material(spec, material)
    return material


def make_bench(
    spec: Spec, material: Material, encoder_spec: str, *, out: Path, cache: Path, device: str
) -> Bench:
    """Make ready what all cells share.

    :param spec: The experiment.
    :param material: Its texts.
    :param encoder_spec: The frozen encoder.
    :param out: Folder of aligners, heads and cells.
    :param cache: Folder of all stores.
    :param device: Torch device.
    :return: What the cells share.
    :raises SpecError: If sentence pairs are encoded jointly, but those of the aligners are single texts.
    """
    encoder = build(encoder_spec, device=device)
    labelled = material.source
    features = None
    if labelled and not isinstance(labelled.texts[0], str):
        features = spec.head.pair_features or ("joint" if encoder.joint_pairs else "sentence")
    if features == "joint":
        check_joint(material)
    return Bench(
        spec=spec,
        material=material,
        encoder=encoder.spec,
        fingerprint=encoder.identity.fingerprint,
        pair_features=features,
        cache=cache,
        out=out,
        device=device,
        pins=pins(spec),
    )


def pins(spec: Spec) -> dict[str, str]:
    """Tell what pins the models that cells tune.

    :param spec: The experiment.
    :return: The commit or digest of each model, by key of the spec.
    :raises SpecError: If a model is not to be had.
    """
    models = {"tuning": spec.tuning and spec.tuning.model, "seq2seq": spec.seq2seq and spec.seq2seq.model}
    return {key: pin(model) for key, model in models.items() if model}


def frozen_encoder(spec: Spec, material: Material, out: Path, device: str, stages: Stages) -> str:
    """Give the SPEC of the frozen encoder; tune it first, where the experiment says so.

    :param spec: The experiment.
    :param material: Its texts.
    :param out: The experiment's folder.
    :param device: Torch device.
    :param stages: Opens what shows progress.
    :return: The SPEC.
    """
    if spec.tune is None:
        return needed(spec.encoder)
    chosen, source = spec.tune, needed(material.source)
    rows = np.sort(head_order(len(source), chosen.seed)[: chosen.rows])
    key = digest("tune", pin(chosen.model), chosen.model_dump(exclude={"model"}), source.digest(rows))
    with stages(f"tune {chosen.method}", "updates") as progress:
        tuned = tune_encoder(
            [source.texts[row] for row in rows],
            [source.labels[row] for row in rows],
            model=chosen.model,
            tuner=registry.get("tuners", chosen.method).from_preset(chosen.preset, chosen.options),
            out=out / "tuned" / key,
            seed=chosen.seed,
            device=device,
            progress=progress,
        )
    fingerprint = build(tuned.spec, device=device).identity.fingerprint
    write_measure(out, f"tuned-{fingerprint}", seconds=tuned.seconds)
    return tuned.spec


def translate_rows(
    bench: Bench, cells: Sequence[Cell], stages: Stages, confirm: Confirm | None = None
) -> Bench:
    """Translate the source rows that cells need, where a translator is named.

    :param bench: What all cells share, not translated yet.
    :param cells: All cells.
    :param stages: Opens what shows progress.
    :param confirm: Is shown the estimate, if there is anything to translate.
    :return: The bench with translations.
    :raises DataError: If none could be translated, or the service ended.
    """
    chosen, material = bench.spec.translation, bench.material
    rows = translatable(bench, cells)
    if chosen is None or chosen.translator is None or not rows:
        return bench
    source = needed(material.source)
    texts = [source.texts[row] for row in rows]
    if confirm:
        estimate = foreseen(texts, chosen, cache=bench.cache)
        if estimate.texts:
            confirm(estimate)
    with stages("translate", "texts") as progress:
        told = translations(
            texts,
            chosen.translator,
            to=chosen.to,
            source_language=chosen.source_language,
            cache=bench.cache,
            max_cost=chosen.max_cost,
            prices=chosen.prices,
            device=bench.device,
            progress=progress,
        )
    _record(bench, told)
    ours = translated(source, chosen.translator, rows, told.texts)
    material = replace(material, translated=ours)
    if bench.spec.pairs and bench.spec.pairs.translations:
        material = replace(material, pairs=Pairs(source.texts, ours.texts, ours.lost))
    return replace(bench, material=material)


def translatable(bench: Bench, cells: Sequence[Cell]) -> list[int]:
    """List the source rows that a translator has to translate, ascending.

    :param bench: What all cells share.
    :param cells: The cells.
    :return: Row numbers.
    """
    if bench.spec.translation is None or bench.spec.translation.translator is None:
        return []
    rows: set[int] = set()
    from_rows = bench.spec.pairs is not None and bench.spec.pairs.translations
    for cell in cells:
        if cell.does.labels == "translated":
            rows.update(bench.head_rows(cell).tolist())
        if cell.does.pairs != "none" and from_rows:
            rows.update(bench.pair_rows(cell).tolist())
            if cell.size is None:
                rows.update(bench.held_out_rows(cell).tolist())
    return sorted(rows)


def _record(bench: Bench, told: Translations) -> None:
    """Add up what translating took, over all runs."""
    if not told.fresh and not told.tokens:
        return
    key = needed(bench.translation_key())
    before = read_measure(bench.out, key)
    total = {"texts": before.get("texts", 0) + told.fresh, "tokens": before.get("tokens", 0) + told.tokens}
    if told.dollars is not None:
        total["dollars"] = before.get("dollars", 0.0) + told.dollars
    write_measure(bench.out, key, **total)

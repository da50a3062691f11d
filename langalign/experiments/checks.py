"""What must hold between the data of a spec, before anything is embedded or trained."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from pathlib import Path

from langalign.errors import SpecError
from langalign.experiments.bench import unencoded
from langalign.experiments.data_spec import DrawnSpec
from langalign.experiments.grid import expand
from langalign.experiments.material import Labelled, Material
from langalign.experiments.rules import CLASS_METRICS, COSINE, SCORES
from langalign.experiments.spec import Spec, TuneSpec
from langalign.training.label_kind import REGRESSION, as_number, resolve_kind


def check_material(spec: Spec, material: Material) -> None:
    """Check that the data suffices, is of one kind, and that what is tested can be learned.

    :param spec: The experiment.
    :param material: Its texts; what could not be read is missing.
    :raises SpecError: If something does not fit: the key, and both values.
    """
    for key, wanted, name, rows in _wants(spec, material):
        if wanted > rows:
            raise SpecError(f"{key}: {wanted:,} rows are asked for, but {name} has {rows:,}; ask for fewer")
    _check_kinds(spec, material)
    if spec.tune and spec.head.pair_features != "sentence":  # told before it is tuned
        check_joint(material)
    _check_labels(spec, material)
    _check_draws(spec, material)


def check_joint(material: Material) -> None:
    """Check that an aligner's pairs are of sentence pairs, where a head's sentence pairs are encoded jointly.

    :param material: The texts of an experiment.
    :raises SpecError: If the pairs hold single texts.
    """
    learned, pairs = material.source, material.pairs
    if learned and pairs and not isinstance(learned.texts[0], str) and isinstance(pairs.source[0], str):
        raise SpecError(
            "pairs: the head takes sentence pairs that are encoded jointly, but the pairs hold single texts; "
            "leave out /sentences, or choose head.pair_features: sentence"
        )


def _wants(spec: Spec, material: Material) -> Iterator[tuple[str, int, str, int]]:
    """List what is asked for: the key, the number, of what, and how many there are."""
    of = {"source": material.source, "native": material.native, "translated": material.translated}
    pairs = None if material.pairs is None else len(material.pairs)
    held_out = spec.held_out.rows if spec.held_out else 0
    more = f" with held_out {held_out:,}" if held_out else ""
    for number, one in enumerate(spec.methods):
        labelled = of.get(one.does.labels, material.source)
        for place, size in enumerate(one.sizes or spec.sizes):
            key = f"methods.{number}.sizes.{place}" if one.sizes else f"sizes.{place} (method {one.method})"
            if labelled is not None:
                yield key, size, labelled.name, len(labelled)
        for place, size in enumerate(one.pairs or ()):
            if pairs is not None:
                yield f"methods.{number}.pairs.{place}{more}", size + held_out, "pairs", pairs
    for place, size in enumerate(spec.pairs.sizes if spec.pairs else ()):
        if pairs is not None:
            yield f"pairs.sizes.{place}{more}", size + held_out, "pairs", pairs
    chosen: tuple[tuple[str, DrawnSpec | TuneSpec | None, Labelled | None], ...] = (
        ("test", spec.test, material.test),
        ("unlabelled", spec.unlabelled, material.unlabelled),
        ("tune", spec.tune, material.source),
    )
    for key, data, texts in chosen:
        if data and data.rows and texts is not None:
            yield f"{key}.rows", data.rows, texts.name, len(texts)


def _check_draws(spec: Spec, material: Material) -> None:
    """Draw once where texts decide whether there are pairs for a cell, before anything is paid for."""
    if material.pairs is None:
        return
    bench = unencoded(spec, material, out=Path(), cache=Path(), device="cpu")
    for cell in expand(spec):
        if cell.size is None or (cell.does.pairs == "shared" and material.source is not None):
            bench.pair_rows(cell)


def _check_kinds(spec: Spec, material: Material) -> None:
    """Refuse single texts beside sentence pairs; pairs of an aligner may be of either kind."""
    given = {key: getattr(material, key) for key in ("source", "test", "native", "unlabelled")}
    if spec.translation and spec.translation.data:
        given["translation"] = material.translated
    seen: dict[bool, str] = {}
    for key, labelled in given.items():
        for text in labelled.texts if labelled is not None else ():
            seen.setdefault(isinstance(text, str), f"{key} ({labelled.name})")
    if len(seen) > 1:
        raise SpecError(
            f"{seen[False]} holds sentence pairs but {seen[True]} single texts; give all as one or the other"
        )


def _check_labels(spec: Spec, material: Material) -> None:
    """Refuse labels that the metric is not for, and test labels that no head can give."""
    if spec.task.metric == COSINE or material.test is None:
        return
    names = {"native" if one.does.labels == "native" else "source" for one in spec.methods}
    learned = {name: getattr(material, name) for name in sorted(names)}
    for key, labelled in learned.items():
        if labelled is not None and len(labelled):
            _check_kind(spec, key, labelled)
            _check_known(spec, key, labelled, material.test)


def _check_kind(spec: Spec, key: str, labelled: Labelled) -> None:
    metric, asked = spec.task.metric, str(spec.head.options.get("task", "auto"))
    kind = resolve_kind(labelled.labels, asked)
    if (kind == REGRESSION) != (metric in SCORES):
        suiting = SCORES if kind == REGRESSION else CLASS_METRICS
        raise SpecError(
            f"task.metric: {metric} does not suit the labels of {key} ({labelled.name}), such as "
            f"{labelled.labels[0]!r}, which are learned by {kind}; choose one of: {', '.join(suiting)}, "
            "or set head.options.task"
        )


def _check_known(spec: Spec, key: str, labelled: Labelled, test: Labelled) -> None:
    if spec.task.metric in SCORES:
        for name, given in ((key, labelled), ("test", test)):
            bad = next((label for label in given.labels if not isfinite(as_number(label))), None)
            if bad is not None:
                raise SpecError(f"{name}: {given.name} has the label {bad!r}, which is no score")
        return
    known = sorted(set(labelled.labels))
    unknown = sorted(set(test.labels).difference(known))
    if unknown:
        raise SpecError(
            f"test: {test.name} has the label {unknown[0]!r}, but {key} ({labelled.name}) has "
            f"{', '.join(map(repr, known[:12]))}; name them alike"
        )

"""What must hold between the keys of a spec, before any data is read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from langalign import registry
from langalign.errors import LangalignError
from langalign.experiments.spec import MethodSpec, PartSpec, Spec
from langalign.part_options import preset_options
from langalign.translation import TuneOptions, build, find_languages, known_prices

COSINE = "cosine"
CLASS_METRICS = ("accuracy", "macro_f1")
SCORES = ("pearson", "spearman")
"""Metrics of scores."""


def broken_rules(spec: Spec) -> Iterator[tuple[str, str]]:
    """Find what does not fit together.

    :param spec: The experiment, each key valid for itself.
    :yield: The key that is to blame, and what is wrong.
    """
    if (spec.encoder is None) == (spec.tune is None):
        yield "encoder", "give either encoder or tune"
    yield from _broken_data(spec)
    for number, one in enumerate(spec.methods):
        yield from _broken_method(spec, one, f"methods.{number}")
    named = [one.method for one in spec.methods]
    for name in sorted({name for name in named if named.count(name) > 1}):
        yield "methods", f"{name} is named twice; keep one"
    yield from _broken_significance(spec)
    yield from _broken_views(spec)
    yield from _broken_parts(spec)


def _broken_significance(spec: Spec) -> Iterator[tuple[str, str]]:
    if spec.significance is None:
        return
    key, baseline = "significance.baseline", spec.significance.baseline
    chosen = {one.method: one for one in spec.methods}.get(baseline)
    if chosen is None:
        yield key, f"{baseline!r} is none of methods: {', '.join(one.method for one in spec.methods)}"
    elif chosen.does.pairs == "apart" and spec.pairs and len(chosen.pairs or spec.pairs.sizes) > 1:
        yield key, f"{baseline} learns from several numbers of pairs; give it one, by pairs under methods"


def _broken_views(spec: Spec) -> Iterator[tuple[str, str]]:
    """Check what picks cells of the grid, and what compares them."""
    if spec.centre:
        chosen = {"pairs": spec.pairs.sizes if spec.pairs else (), "rows": spec.sizes}
        for key, sizes in chosen.items():
            number = getattr(spec.centre, key)
            if number not in sizes:
                yield f"centre.{key}", f"{number} is none of the sizes: {', '.join(map(str, sizes))}"
    if spec.gap:
        named = {one.method: one.sizes or spec.sizes for one in spec.methods}
        if not {"english", "native"} <= {*named}:
            yield "gap", "the gap lies between english and native; name both in methods"
        elif spec.gap.native_rows not in named["native"]:
            known = ", ".join(map(str, named["native"]))
            yield "gap.native_rows", f"{spec.gap.native_rows} is none of native's sizes: {known}"


def _broken_data(spec: Spec) -> Iterator[tuple[str, str]]:
    if spec.task.metric == COSINE:
        if spec.pairs is None:
            yield "pairs", "the metric cosine needs pairs"
        if spec.held_out is None:
            yield "held_out", "the metric cosine needs held_out, the pairs it is measured on"
    else:
        for key in ("source", "test", "sizes"):
            if not getattr(spec, key):
                yield key, f"the metric {spec.task.metric} needs {key}"
    yield from _broken_translation(spec)
    if spec.tune and not spec.source:
        yield "tune", "there is no source to learn from"
    if spec.tune and spec.task.metric in SCORES and spec.tune.method != "simcse":
        yield "tune.method", f"{spec.tune.method} is for classes, but {spec.task.metric} is for scores"


def _broken_translation(spec: Spec) -> Iterator[tuple[str, str]]:
    if spec.pairs and spec.pairs.translations and not spec.translation:
        yield "pairs.translations", "there is no translation to take them from"
    if spec.translation and not spec.source:
        yield "translation", "there is no source to translate"
    if spec.source and spec.source.skip_bad and spec.translation and spec.translation.data:
        yield (
            "source.skip_bad",
            "leaves out rows that translation.data would still have; leave skip_bad out, and mend or delete "
            "bad rows in both files",
        )


def _broken_method(spec: Spec, one: MethodSpec, key: str) -> Iterator[tuple[str, str]]:
    does = one.does
    if spec.task.metric == COSINE:
        if not (does.test and does.pairs == "apart"):
            yield key, f"{one.method} moves no held-out pairs; the metric cosine is for aligners and reverse:"
        return
    needs = {
        "native": does.labels == "native",
        "unlabelled": does.unlabelled,
        "translation": does.labels == "translated",
        "seq2seq": does.labels == "seq2seq",
        "pairs": does.pairs != "none",
        "tuning": bool(does.tuner) or (does.ordinary and spec.baselines == "end-to-end"),
    }
    for needed, holds in needs.items():
        if holds and getattr(spec, needed) is None:
            yield key, f"{one.method} needs {needed}, which the spec does not give"
    if spec.task.metric in SCORES and needs["tuning"] and does.tuner != "simcse":
        yield key, f"{one.method} tunes a language model for classes, but {spec.task.metric} is for scores"
    if one.pairs and does.pairs != "apart":
        yield f"{key}.pairs", f"{one.method} learns from no pairs of its own"


def _broken_parts(spec: Spec) -> Iterator[tuple[str, str]]:
    """Build each part once, as its options may be unknown."""
    yield from _broken_translators(spec)
    yield from _broken_part("head", "heads", spec.head.name, spec.head.preset, spec.head.options)
    for name, chosen in spec.aligners.items():
        yield from _broken_part(f"aligners.{name}", "aligners", name, chosen.preset, chosen.options)
    if spec.tune:
        yield from _broken_part("tune", "tuners", spec.tune.method, spec.tune.preset, spec.tune.options)
    for name in ("full", "lora", "simcse") if spec.tuning else ():
        tuner: PartSpec = getattr(spec.tuning, name)
        yield from _broken_part(f"tuning.{name}", "tuners", name, tuner.preset, tuner.options)


def _broken_translators(spec: Spec) -> Iterator[tuple[str, str]]:
    chosen, tuned = spec.translation, spec.seq2seq
    try:
        if chosen and chosen.translator:
            find_languages(chosen.source_language, chosen.to)
            prices = chosen.prices or known_prices(build(chosen.translator))
            if chosen.max_cost is not None and prices is None:
                yield (
                    "translation.max_cost",
                    f"{chosen.max_cost:g} cannot be kept, as no price of {chosen.translator} is known; "
                    "give price_in and price_out, US dollars for a million tokens",
                )
    except LangalignError as error:
        yield "translation", str(error)
    try:
        if tuned:
            find_languages(tuned.source_language, tuned.to)
            TuneOptions(**preset_options(TuneOptions, tuned.preset, tuned.options))
    except LangalignError as error:
        yield "seq2seq", str(error)


def _broken_part(
    key: str, group: str, name: str, preset: str, options: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    try:
        registry.get(group, name).from_preset(preset, options)
    except LangalignError as error:
        yield key, str(error)

"""SPEC.yaml: what an experiment compares, on which data, how often.

Every key is one field below. Text may hold ``${NAME}``, which is taken from the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, NonNegativeInt, PositiveInt, field_validator

from langalign.errors import SpecError
from langalign.experiments.data_spec import (
    DataSpec,
    DrawnSpec,
    HeldOutSpec,
    Numbers,
    PairsSpec,
    Seeds,
    Strict,
    TranslationSpec,
)
from langalign.experiments.methods import Method, method
from langalign.types import Option


class TaskSpec(Strict):
    """What is to be done, and how success is measured."""

    name: str
    """Shown in tables, such as ``sentiment``."""
    metric: Literal["macro_f1", "accuracy", "spearman", "pearson", "cosine"]
    """``cosine`` fits aligners only, and measures the cosine of held-out pairs."""


class Seq2seqSpec(Strict):
    """The sequence model of ``nmt-seq2seq``."""

    model: str
    """A sequence model; it is tuned on the pairs of each cell."""
    to: str
    """The target language's name or code."""
    source_language: str = "en"
    preset: str = "default"
    options: Mapping[str, Option] = {}
    """Options of ``tune-translator``."""


class PartSpec(Strict):
    """How a part is made: an aligner, or a tuner."""

    preset: str = "default"
    options: Mapping[str, Option] = {}


class TuneSpec(Strict):
    """A language model that is tuned once, on source rows, and then frozen (the paper's step 1)."""

    model: str
    """A transformers model: name or folder."""
    method: str = "full"
    """A tuner: ``full``, ``lora`` or ``simcse``."""
    rows: PositiveInt
    """Source rows that it learns from."""
    seed: NonNegativeInt = 0
    preset: str = "default"
    options: Mapping[str, Option] = {}
    """Options of the tuner."""


class TuningSpec(Strict):
    """How language models are tuned for single cells: ``lora``, ``simcse``, end-to-end baselines."""

    model: str
    """A transformers model: name or folder."""
    full: PartSpec = PartSpec()
    lora: PartSpec = PartSpec()
    simcse: PartSpec = PartSpec()


class HeadSpec(Strict):
    """The task head."""

    name: str = "linear"
    preset: str = "default"
    options: Mapping[str, Option] = {}
    pair_features: Literal["joint", "sentence"] | None = None
    """How sentence pairs become vectors; jointly where the encoder can."""


class MethodSpec(Strict):
    """A method, and where it departs from the grid."""

    method: str
    sizes: Numbers | None = Field(None, min_length=1)
    """Its own numbers of head rows."""
    pairs: Numbers | None = Field(None, min_length=1)
    """Its own numbers of pairs."""

    @property
    def does(self) -> Method:
        """Tell what the method does."""
        return method(self.method)

    @field_validator("method")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            return method(name).name
        except SpecError as error:
            raise ValueError(str(error)) from error


class CentreSpec(Strict):
    """Where the lines of the grid cross, if one number is varied at a time."""

    pairs: PositiveInt
    """A number of pairs; the only one with other rows than the centre's."""
    rows: PositiveInt
    """A number of head rows; the only one with other pairs than the centre's."""


class GapSpec(Strict):
    """The share of the gap from ``english`` to ``native`` that each method closes."""

    native_rows: PositiveInt
    """Labelled rows of the target language behind ``native``, whatever the other methods learn from."""


class SignificanceSpec(Strict):
    """Against which method the others are tested."""

    baseline: str = "english"
    level: float = Field(0.05, gt=0, lt=1)


class Spec(Strict):
    """One experiment."""

    task: TaskSpec
    encoder: str | None = None
    """SPEC of a frozen encoder."""
    tune: TuneSpec | None = None
    """In place of ``encoder``: one that is tuned first."""
    head: HeadSpec = HeadSpec()
    source: DataSpec | None = None
    """Labelled texts of the source language."""
    test: DrawnSpec | None = None
    """Labelled texts of the target language that every cell is tested on."""
    native: DataSpec | None = None
    """Labelled texts of the target language to learn from; those that are tested are left out."""
    unlabelled: DrawnSpec | None = None
    """Texts of the target language, their labels not read; those that are tested are left out."""
    translation: TranslationSpec | None = None
    seq2seq: Seq2seqSpec | None = None
    pairs: PairsSpec | None = None
    held_out: HeldOutSpec | None = None
    methods: tuple[MethodSpec, ...] = Field(min_length=1)
    sizes: Numbers = ()
    """Numbers of rows that heads learn from."""
    centre: CentreSpec | None = None
    """Vary pairs and rows one at a time around it, in place of every combination."""
    gap: GapSpec | None = None
    seeds: Seeds = Field((0,), min_length=1)
    aligners: Mapping[str, PartSpec] = {}
    baselines: Literal["frozen", "end-to-end"] = "frozen"
    """Whether the baselines' language model is frozen, or tuned with the head as is usual."""
    tuning: TuningSpec | None = None
    significance: SignificanceSpec | None = None

    @field_validator("methods", mode="before")
    @classmethod
    def _names_are_methods(cls, value: Any) -> Any:
        if not isinstance(value, list):
            return value
        return [{"method": one} if isinstance(one, str) else one for one in value]

    @property
    def baseline(self) -> str | None:
        """Tell the method that the others are tested against, if there is one."""
        if self.significance:
            return self.significance.baseline
        return "english" if "english" in [one.method for one in self.methods] else None

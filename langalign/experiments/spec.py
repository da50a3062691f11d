"""SPEC.yaml: what an experiment compares, on which data, how often.

Every key is one field below. Text may hold ``${NAME}``, which is taken from the environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    field_validator,
    model_validator,
)
from typing_extensions import Self

from langalign.errors import SpecError
from langalign.experiments.methods import Method, method
from langalign.translation import Prices
from langalign.types import Option

Options = Mapping[str, Option]


def _distinct(numbers: tuple[int, ...]) -> tuple[int, ...]:
    twice = [number for number in numbers if numbers.count(number) > 1]
    if twice:
        raise ValueError(f"{twice[0]} stands twice; keep one")
    return numbers


Numbers: TypeAlias = Annotated[tuple[PositiveInt, ...], AfterValidator(_distinct)]
Seeds: TypeAlias = Annotated[tuple[NonNegativeInt, ...], AfterValidator(_distinct)]


class _Strict(BaseModel):
    """Refuse keys that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TaskSpec(_Strict):
    """What is to be done, and how success is measured."""

    name: str
    """Shown in tables, such as ``sentiment``."""
    metric: Literal["macro_f1", "accuracy", "spearman", "pearson", "cosine"]
    """``cosine`` fits aligners only, and measures the cosine of held-out pairs."""


class DataSpec(_Strict):
    """Texts, with their labels."""

    data: str | tuple[str, ...]
    """DATA: a file, ``NAME:SPLIT[.LANG]`` or ``hf:owner/name:split``; or a list, read one after the other."""
    text_column: str | None = None
    pair_column: str | None = None
    label_column: str | None = None
    header: bool | None = None
    quoting: bool | None = None
    skip_bad: bool = False
    """Whether rows without text are left out."""


class DrawnSpec(DataSpec):
    """Texts of which the same are used by every cell."""

    rows: PositiveInt | None = None
    """How many, drawn once by chance; all if not given."""


class HeldOutSpec(_Strict):
    """Pairs that ``cosine`` is measured on."""

    rows: PositiveInt
    """How many, beyond those that the aligners learn from."""


class PairsSpec(_Strict):
    """Pairs of texts that aligners learn from."""

    data: str | None = None
    """DATA, the source side or both sides."""
    target: str | None = None
    """TARGET, the target side where it lies apart."""
    translations: bool = False
    """Take the source rows and their translations in place of ``data``."""
    source_column: str | None = None
    target_column: str | None = None
    source_pair_column: str | None = None
    target_pair_column: str | None = None
    header: bool | None = None
    quoting: bool | None = None
    skip_bad: bool = False
    distinct: bool = False
    """Keep one of several equal pairs; only with ``data``."""
    untested: bool = False
    """Leave out pairs with a text that is tested, alone or in a sentence pair; only with ``data``."""
    sizes: Numbers = Field(min_length=1)
    """Numbers of pairs to learn from."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.data is None) != self.translations:
            raise ValueError("give either data or translations: true")
        if self.translations and (self.distinct or self.untested):
            raise ValueError("distinct and untested are for data, not for translations")
        return self


class TranslationSpec(_Strict):
    """The source rows in the target language: out of a file row by row, or by a translator."""

    data: str | None = None
    """DATA whose row ``i`` translates row ``i`` of the source data."""
    text_column: str | None = None
    pair_column: str | None = None
    header: bool | None = None
    quoting: bool | None = None
    translator: str | None = None
    """``openai:MODEL`` or ``seq2seq:FOLDER``."""
    to: str = ""
    """The target language's name or code, for a translator."""
    source_language: str = "en"
    max_cost: NonNegativeFloat | None = None
    """US dollars that one run may spend on a translator."""
    price_in: NonNegativeFloat | None = None
    """US dollars for a million tokens that a translator reads, where no price is known or it has changed."""
    price_out: NonNegativeFloat | None = None
    """US dollars for a million tokens that it writes."""
    price: float | None = None
    """US dollars that one translated text costs, where the translator does not tell."""

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if (self.data is None) == (self.translator is None):
            raise ValueError("give either data or translator")
        if self.translator and not self.to:
            raise ValueError("a translator needs to, the language to translate into")
        if (self.price_in is None) != (self.price_out is None):
            raise ValueError("price_in and price_out go together; give both")
        return self

    @property
    def prices(self) -> Prices | None:
        """Tell the prices of tokens, if they are given."""
        if self.price_in is None or self.price_out is None:
            return None
        return Prices(self.price_in, self.price_out)


class Seq2seqSpec(_Strict):
    """The sequence model of ``nmt-seq2seq``."""

    model: str
    """A sequence model; it is tuned on the pairs of each cell."""
    to: str
    """The target language's name or code."""
    source_language: str = "en"
    preset: str = "default"
    options: Options = {}
    """Options of ``tune-translator``."""


class PartSpec(_Strict):
    """How a part is made: an aligner, or a tuner."""

    preset: str = "default"
    options: Options = {}


class TuneSpec(_Strict):
    """A language model that is tuned once, on source rows, and then frozen (the paper's step 1)."""

    model: str
    """A transformers model: name or folder."""
    method: str = "full"
    """A tuner: ``full``, ``lora`` or ``simcse``."""
    rows: PositiveInt
    """Source rows that it learns from."""
    seed: NonNegativeInt = 0
    preset: str = "default"
    options: Options = {}
    """Options of the tuner."""


class TuningSpec(_Strict):
    """How language models are tuned for single cells: ``lora``, ``simcse``, end-to-end baselines."""

    model: str
    """A transformers model: name or folder."""
    full: PartSpec = PartSpec()
    lora: PartSpec = PartSpec()
    simcse: PartSpec = PartSpec()


class HeadSpec(_Strict):
    """The task head."""

    name: str = "linear"
    preset: str = "default"
    options: Options = {}
    pair_features: Literal["joint", "sentence"] | None = None
    """How sentence pairs become vectors; jointly where the encoder can."""


class MethodSpec(_Strict):
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


class CentreSpec(_Strict):
    """Where the lines of the grid cross, if one number is varied at a time."""

    pairs: PositiveInt
    """A number of pairs; the only one with other rows than the centre's."""
    rows: PositiveInt
    """A number of head rows; the only one with other pairs than the centre's."""


class GapSpec(_Strict):
    """The share of the gap from ``english`` to ``native`` that each method closes."""

    native_rows: PositiveInt
    """Labelled rows of the target language behind ``native``, whatever the other methods learn from."""


class SignificanceSpec(_Strict):
    """Against which method the others are tested."""

    baseline: str = "english"
    level: float = Field(0.05, gt=0, lt=1)


class Spec(_Strict):
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

"""What an experiment reads: labelled texts, pairs, translations."""

from __future__ import annotations

from typing import Annotated, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    NonNegativeFloat,
    NonNegativeInt,
    PositiveInt,
    model_validator,
)
from typing_extensions import Self

from langalign.translation import Prices


def _distinct(numbers: tuple[int, ...]) -> tuple[int, ...]:
    twice = [number for number in numbers if numbers.count(number) > 1]
    if twice:
        raise ValueError(f"{twice[0]} stands twice; keep one")
    return numbers


Numbers: TypeAlias = Annotated[tuple[PositiveInt, ...], AfterValidator(_distinct)]
Seeds: TypeAlias = Annotated[tuple[NonNegativeInt, ...], AfterValidator(_distinct)]


class Strict(BaseModel):
    """Refuse keys that nobody knows."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataSpec(Strict):
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


class HeldOutSpec(Strict):
    """Pairs that ``cosine`` is measured on."""

    rows: PositiveInt
    """How many; aligners learn from pairs that share no text with these, on either side."""


class PairsSpec(Strict):
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


class TranslationSpec(Strict):
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

"""What a million tokens cost, in US dollars."""

from __future__ import annotations

from dataclasses import dataclass

from langalign.translation.base import Translator


@dataclass(frozen=True)
class Prices:
    """Prices of a million tokens read and of a million tokens written, in US dollars."""

    tokens_in: float
    tokens_out: float

    def cost(self, tokens_in: int, tokens_out: int) -> float:
        """Tell what tokens cost."""
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1e6


FREE = Prices(0.0, 0.0)

# OpenAI's price list for plain requests; options override it, as prices change.
_LIST = {
    "gpt-3.5-turbo": Prices(0.5, 1.5),
    "gpt-4": Prices(30.0, 60.0),
    "gpt-4-turbo": Prices(10.0, 30.0),
    "gpt-4-turbo-preview": Prices(10.0, 30.0),
    "gpt-4.1": Prices(2.0, 8.0),
    "gpt-4.1-mini": Prices(0.4, 1.6),
    "gpt-4.1-nano": Prices(0.1, 0.4),
    "gpt-4o": Prices(2.5, 10.0),
    "gpt-4o-mini": Prices(0.15, 0.6),
}


def known_prices(translator: Translator) -> Prices | None:
    """Look a translator's prices up.

    :param translator: Any.
    :return: Its prices; none are known for a model that is not on the list.
    """
    return _LIST.get(translator.name) if translator.paid else FREE

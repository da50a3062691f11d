"""What translating will cost, told before anything is sent."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from langalign.paths import user_path
from langalign.translation._build import build
from langalign.translation._languages import Languages, find_languages
from langalign.translation._memory import Memory
from langalign.translation._prices import Prices, known_prices
from langalign.translation._session import DEFAULT_ATTEMPTS, Job, Limits, Session
from langalign.translation._texts import single_texts
from langalign.translation.base import Translator


@dataclass(frozen=True)
class Estimate:
    """What a run will ask for if every first answer is good; rather too much than too little.

    :param texts: Distinct texts to ask for.
    :param tokens_in: Tokens that will be read.
    :param tokens_out: Tokens that will be written.
    :param cost: US dollars; None if no price is known.
    """

    texts: int
    tokens_in: int
    tokens_out: int
    cost: float | None


def estimate(
    texts: Iterable[str],
    translator: str,
    *,
    to: str,
    memory: Path | str,
    source_language: str = "en",
    prices: Prices | None = None,
) -> Estimate:
    """Tell what :func:`langalign.translation.translate` would ask for; nothing is sent.

    :param texts: ``N`` texts, repeats welcome.
    :param translator: A SPEC.
    :param to: Code or English name of the language to translate into.
    :param memory: The translation memory; where there is none, none is made.
    :param source_language: Code or English name of the texts' language.
    :param prices: Prices of a million tokens, where they are not known or have changed.
    :return: The distinct texts that the memory does not know, their tokens and their price.
    :raises DataError: If ``texts`` is a single string or empty, or one of them is empty, no text or a pair.
    :raises SpecError: If translator or language is unknown.
    :raises StoreError: If the memory cannot be read.
    """
    distinct = dict.fromkeys(single_texts(texts))
    built, languages = build(translator), find_languages(source_language, to)
    prices, jobs = prices or known_prices(built), [Job(text) for text in distinct]
    request = built.request(languages)
    path = user_path(memory)
    if path.is_file():
        with Memory(path, request) as opened:
            limits = Limits(DEFAULT_ATTEMPTS, concurrency=1, max_cost=None)
            jobs = Session(built, languages, opened, prices, limits).recall(jobs)
    return estimate_jobs(built, languages, jobs, prices)


def estimate_jobs(
    translator: Translator, languages: Languages, jobs: Sequence[Job], prices: Prices | None
) -> Estimate:
    """Add up what texts will take.

    :param translator: Knows its requests.
    :param languages: From and into which.
    :param jobs: Distinct texts to ask for.
    :param prices: What tokens cost, if known.
    :return: Texts, tokens and price.
    """
    tokens = [translator.estimate(job.text, languages) for job in jobs]
    tokens_in, tokens_out = sum(one for one, _ in tokens), sum(other for _, other in tokens)
    cost = prices.cost(tokens_in, tokens_out) if prices else None
    return Estimate(len(jobs), tokens_in, tokens_out, cost)

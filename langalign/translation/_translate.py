"""Step 0: texts become translations, each distinct text asked for once."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from langalign.cache import cache_folder
from langalign.errors import SpecError
from langalign.option_checks import require_least
from langalign.paths import user_path
from langalign.translation._build import build
from langalign.translation._estimate import Estimate, estimate_jobs
from langalign.translation._languages import find_languages
from langalign.translation._memory import MEMORY, Memory
from langalign.translation._prices import Prices, known_prices
from langalign.translation._session import DEFAULT_ATTEMPTS, Job, Limits, Session
from langalign.translation._texts import single_texts
from langalign.translation.base import Translator
from langalign.types import Progress

DEFAULT_CONCURRENCY = 8


@dataclass(frozen=True)
class Translated:
    """What came of the texts, row by row and in all.

    :param texts: The translation of each text; None where there is none.
    :param failures: For each text, what is wrong where there is no translation; else empty.
    :param unique: Distinct texts.
    :param from_memory: Rows whose translation was in the memory.
    :param fresh: Distinct texts whose translation came in this run.
    :param tokens_in: Tokens read in this run.
    :param tokens_out: Tokens written in this run.
    :param cost: US dollars that the answers of this run cost; None if no price is known.
    :param unanswered_cost: US dollars that requests without an answer may have cost beside that.
    :param estimate: What was foreseen.
    :param retried: Requests that were repeats.
    :param setbacks: What went wrong on the way, by kind.
    :param stopped: Why the run ended early; empty if it did not.
    :param last_failure: The last failure of the service, if a text was given up for one.
    :param rejection: What the service has against a text, if it answers others.
    :param seconds: From the first look into the memory to the last answer.
    """

    texts: list[str | None]
    failures: list[str]
    unique: int
    from_memory: int
    fresh: int
    tokens_in: int
    tokens_out: int
    cost: float | None
    unanswered_cost: float
    estimate: Estimate
    retried: int
    setbacks: Mapping[str, int]
    stopped: str
    last_failure: str
    rejection: str
    seconds: float

    @property
    def translated(self) -> int:
        """Count the rows that have a translation."""
        return len(self.texts) - self.failed

    @property
    def failed(self) -> int:
        """Count the rows that have none."""
        return self.texts.count(None)

    @property
    def problems(self) -> dict[str, int]:
        """Count the rows that have none, by kind."""
        return dict(sorted(Counter(filter(None, self.failures)).items()))

    def to_json(self) -> dict[str, Any]:
        """Give the figures, without any text."""
        return {
            "texts": len(self.texts),
            "unique": self.unique,
            "translated": self.translated,
            "from_memory": self.from_memory,
            "failed": self.failed,
            "problems": self.problems,
            "retried": self.retried,
            "setbacks": dict(sorted(self.setbacks.items())),
            "tokens": self.tokens_in + self.tokens_out,
            "tokens_in": self.tokens_in,
            "tokens_out": self.tokens_out,
            "cost": self.cost,
            "unanswered_cost": self.unanswered_cost,
            "estimate": asdict(self.estimate),
            "stopped": self.stopped or None,
            "rejection": self.rejection or None,
            "seconds": self.seconds,
        }


def translate(
    texts: Iterable[str],
    translator: str | Translator,
    *,
    to: str,
    source_language: str = "en",
    memory: Path | str | None = None,
    attempts: int = DEFAULT_ATTEMPTS,
    concurrency: int = DEFAULT_CONCURRENCY,
    max_cost: float | None = None,
    prices: Prices | None = None,
    confirm: Callable[[Estimate], None] | None = None,
    device: str = "auto",
    progress: Progress | None = None,
) -> Translated:
    """Translate texts, paying for no text twice, whatever happens in between.

    Every answer is committed to the memory before it is looked at, so that a killed run, run again,
    asks only for what had not been answered. Bad answers count as attempts of their text for ever;
    more ``attempts`` ask again.

    :param texts: ``N`` texts, repeats welcome.
    :param translator: A SPEC such as ``openai:gpt-4-turbo-preview``, or a translator.
    :param to: Code or English name of the language to translate into.
    :param source_language: Code or English name of the texts' language.
    :param memory: The translation memory; by default ``translations.sqlite`` in ``LANGALIGN_CACHE``, else
        in ``./cache``.
    :param attempts: Answers that a text may get until it is given up, in all runs together.
    :param concurrency: Requests in flight at a time.
    :param max_cost: US dollars that this run may spend; the rest is left for another run.
    :param prices: Prices of a million tokens, where they are not known or have changed.
    :param confirm: Is shown the estimate before anything is sent; may raise to stop.
    :param device: Device of translators that run here.
    :param progress: Is told distinct texts done and in all.
    :return: Translations and figures.
    :raises SpecError: If an option cannot be used, or a cost limit is asked for and no price is known.
    :raises DataError: If ``texts`` is a single string or empty, or one of them is empty, no text or a pair.
    :raises ServiceError: If the service lets nobody in or is dead; the memory keeps what came.
    :raises StoreError: If the memory cannot be read or written.
    """
    begin = time.perf_counter()
    texts = single_texts(texts)
    built = build(translator, device=device) if isinstance(translator, str) else translator
    languages = find_languages(source_language, to)
    prices = prices or known_prices(built)
    limits = _limits(built, attempts, concurrency, max_cost, prices)
    jobs = {text: Job(text) for text in texts}
    path = user_path(memory or cache_folder() / MEMORY)
    with Memory(path, built.request(languages)) as opened:
        session = Session(built, languages, opened, prices, limits)
        wanted = session.recall(list(jobs.values()))
        estimate = estimate_jobs(built, languages, wanted, prices)
        if wanted:
            if confirm:
                confirm(estimate)
            built.load()
            session.run(wanted, progress, len(jobs) - len(wanted), len(jobs))
    rows = [jobs[text] for text in texts]
    return Translated(
        texts=[job.translation for job in rows],
        failures=[job.problem for job in rows],
        unique=len(jobs),
        from_memory=sum(job.recalled for job in rows),
        fresh=sum(job.translation is not None and not job.recalled for job in jobs.values()),
        tokens_in=session.tokens_in,
        tokens_out=session.tokens_out,
        cost=prices.cost(session.tokens_in, session.tokens_out) if prices else None,
        unanswered_cost=session.unanswered_cost,
        estimate=estimate,
        retried=session.retried,
        setbacks=session.setbacks,
        stopped=session.stopped,
        last_failure=session.last_failure,
        rejection=session.rejection,
        seconds=time.perf_counter() - begin,
    )


def _limits(
    translator: Translator, attempts: int, concurrency: int, max_cost: float | None, prices: Prices | None
) -> Limits:
    for name, value in (("attempts", attempts), ("concurrency", concurrency)):
        require_least(name, value, 1)
    if max_cost is not None and not max_cost >= 0:
        raise SpecError(f"max_cost={max_cost} is no limit; give US dollars")
    if max_cost is not None and prices is None:
        raise SpecError(
            f"max_cost={max_cost} cannot be kept, as no price of {translator.name!r} is known; "
            "give prices, as with --price-in and --price-out"
        )
    return Limits(attempts, concurrency, max_cost)

"""One run: whatever the memory does not know is asked for, with back-off and within a budget."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from random import SystemRandom

from langalign.errors import ServiceError
from langalign.translation._budget import Budget
from langalign.translation._checks import find_problem
from langalign.translation._languages import Languages
from langalign.translation._memory import Memory
from langalign.translation._prices import Prices
from langalign.translation.base import Answer, Translator, UnansweredError
from langalign.types import Progress

LONGEST_WAIT = 60.0
"""Seconds that a wait grows to, unless the server asks for more."""

CLAIM_WAIT = 0.1
"""Seconds between looks at texts that another process is asking for."""

LOST_IN_A_ROW = 3
"""Texts given up one after the other, without an answer between, after which the server is taken for dead."""

DEFAULT_ATTEMPTS = 5
NOT_ASKED = "not asked"
_chance = SystemRandom()


@dataclass
class Job:
    """A distinct text and what came of it.

    :param text: The text.
    :param translation: The translation, once there is one.
    :param problem: What is wrong as long as there is none.
    :param tries: Answers that came, also in earlier runs.
    :param recalled: Whether the translation was in the memory.
    """

    text: str
    translation: str | None = None
    problem: str = NOT_ASKED
    tries: int = 0
    recalled: bool = False


@dataclass(frozen=True)
class Limits:
    """How much a run may do.

    :param attempts: Answers that a text may get, good or bad, in all runs together.
    :param concurrency: Requests in flight at a time.
    :param max_cost: US dollars that this run may spend.
    """

    attempts: int
    concurrency: int
    max_cost: float | None


class Session:
    """Ask a translator from several threads, and count what happens."""

    def __init__(
        self,
        translator: Translator,
        languages: Languages,
        memory: Memory,
        prices: Prices | None,
        limits: Limits,
    ) -> None:
        """Take the parts; nothing is asked yet.

        :param translator: Asks and reads.
        :param languages: From and into which.
        :param memory: Keeps every answer.
        :param prices: What tokens cost, if known.
        :param limits: How much may be done.
        """
        self._translator, self._languages, self._memory = translator, languages, memory
        self._prices, self._attempts = prices, limits.attempts
        self._workers = limits.concurrency if translator.paid else 1
        self._limit, self._budget = limits.max_cost, Budget(limits.max_cost)
        self._stop, self._lock = threading.Event(), threading.Lock()
        self._lost, self._answered = 0, False
        self.stopped = ""
        self.last_failure = self.rejection = ""
        self.setbacks: Counter[str] = Counter()
        self.tokens_in = self.tokens_out = self.retried = 0
        self.unanswered_cost = 0.0

    def recall(self, jobs: Sequence[Job]) -> list[Job]:
        """Look up what the memory knows.

        :param jobs: Distinct texts.
        :return: Those that are still to be asked for.
        """
        known = self._memory.answers([job.text for job in jobs])
        self._answered = self._answered or bool(known)
        for job in jobs:
            answers = known.get(job.text, [])
            for raw in answers:
                if job.translation is None:
                    self._hear(job, self._translator.read(raw))
            job.tries, job.recalled = len(answers), job.translation is not None
        return self._open(jobs)

    def run(self, jobs: Sequence[Job], progress: Progress | None, done: int, total: int) -> None:
        """Ask for texts until each has a translation, or none of the allowed attempts is left.

        :param jobs: Texts from :meth:`recall`.
        :param progress: Is told texts done and in all.
        :param done: Texts done before.
        :param total: Texts in all.
        :raises ServiceError: If the server lets nobody in, or is dead; the memory keeps what came.
        """
        batches = self._translator.batches([job.text for job in jobs], self._languages)
        pool = ThreadPoolExecutor(min(self._workers, max(1, len(batches))))
        try:
            futures = [pool.submit(self._work, [jobs[row] for row in batch]) for batch in batches]
            for future in as_completed(futures):
                done += future.result()
                if progress:
                    progress(done, total)
        finally:
            self._stop.set()
            pool.shutdown(cancel_futures=True)

    def _work(self, batch: Sequence[Job]) -> int:
        """Settle one batch, and stop the others where that fails for good."""
        try:
            return self._settle(batch)
        except Exception:
            self._stop.set()
            raise

    def _settle(self, batch: Sequence[Job]) -> int:
        """See to one batch until nothing of it is open; give its size.

        What another process is asking for is waited for, and then found in the memory.
        """
        size = len(batch)
        while batch and not self._stop.is_set():
            with self._memory.claimed([job.text for job in batch]) as ours:
                self._ask_until_settled(self.recall([job for job in batch if job.text in ours]))
            batch = [job for job in batch if job.text not in ours]
            if batch:
                self._stop.wait(CLAIM_WAIT)
        return size

    def _ask_until_settled(self, batch: Sequence[Job]) -> None:
        """Ask for texts until none of them is open."""
        silent = 0
        while batch and not self._stop.is_set():
            reserved = self._reserve(batch)
            if reserved is None:
                break
            told = None
            try:
                batch = self._ask(batch, reserved)
                silent = 0
            except UnansweredError as failure:
                silent, told = silent + 1, failure.wait
                if not failure.again or silent > self._translator.max_retries:
                    self._give_up(batch, failure)
                    break
            if batch:
                self._count(retried=len(batch))
                self._stop.wait(self._delay(max(silent, 1), told))

    def _reserve(self, batch: Sequence[Job]) -> float | None:
        """Set the most that a request may cost aside; None if it is more than is left."""
        estimates = [self._translator.estimate(job.text, self._languages) for job in batch]
        cost = self._cost(sum(one for one, _ in estimates), sum(other for _, other in estimates))
        if self._budget.reserve(cost):
            return cost
        self.stopped = f"the next request could exceed max_cost={self._limit:g}"
        self._stop.set()
        return None

    def _ask(self, batch: Sequence[Job], reserved: float) -> list[Job]:
        """Send one request, keep its answer, and only then read it; give what is still open."""
        spent = 0.0
        try:
            raws = self._translator.ask([job.text for job in batch], self._languages)
            spent = reserved  # until the tokens are known
            self._memory.add([job.text for job in batch], raws)
            spent = sum(self._take(job, raw) for job, raw in zip(batch, raws, strict=True))
        except UnansweredError as failure:
            self._count(failure.problem)
            if failure.charged:
                spent = reserved
                self._count(unanswered_cost=reserved)
            raise
        finally:
            self._budget.settle(reserved, spent)
        with self._lock:
            self._lost, self._answered = 0, True
        return self._open(batch)

    def _take(self, job: Job, raw: str) -> float:
        """Read an answer that came just now; give its cost."""
        answer = self._translator.read(raw)
        job.tries += 1
        self._hear(job, answer)
        estimated = self._translator.estimate(job.text, self._languages)
        told = (answer.tokens_in, answer.tokens_out)
        tokens_in, tokens_out = (
            guess if count is None else count for count, guess in zip(told, estimated, strict=True)
        )
        self._count(job.problem, tokens_in=tokens_in, tokens_out=tokens_out)
        return self._cost(tokens_in, tokens_out)

    def _hear(self, job: Job, answer: Answer) -> None:
        job.problem = answer.problem or find_problem(job.text, answer.text, self._languages)
        job.translation = None if job.problem else answer.text

    def _open(self, jobs: Sequence[Job]) -> list[Job]:
        attempts = 1 if self._translator.deterministic else self._attempts
        return [job for job in jobs if job.translation is None and job.tries < attempts]

    def _give_up(self, batch: Sequence[Job], failure: UnansweredError) -> None:
        """Leave texts that no answer comes to; stop everything when it is not their fault.

        A server that rejects some texts but has answered others, now or in an earlier run, has something
        against these texts alone; and before it is said to reject all, others in flight are heard out.
        """
        for job in batch:
            job.problem = failure.problem
        with self._lock:
            most = LOST_IN_A_ROW
            if failure.again:
                self.last_failure = str(failure)
            else:
                self.rejection, most = str(failure), LOST_IN_A_ROW + self._workers
                if self._answered:
                    return
            self._lost += 1
            if self._lost >= most:
                raise ServiceError(f"{failure}; all answers that came are in the translation memory")

    def _count(
        self,
        setback: str = "",
        *,
        tokens_in: int = 0,
        tokens_out: int = 0,
        retried: int = 0,
        unanswered_cost: float = 0.0,
    ) -> None:
        with self._lock:
            if setback:
                self.setbacks[setback] += 1
            self.tokens_in += tokens_in
            self.tokens_out += tokens_out
            self.retried += retried
            self.unanswered_cost += unanswered_cost

    def _cost(self, tokens_in: int, tokens_out: int) -> float:
        return self._prices.cost(tokens_in, tokens_out) if self._prices else 0.0

    def _delay(self, tries: int, told: float | None) -> float:
        """Tell how long to wait: what the server says, else twice as long each time, never in step."""
        if told is not None:
            return told * _chance.uniform(1.0, 1.1)
        return min(LONGEST_WAIT, self._translator.backoff * 2.0 ** (tries - 1)) * _chance.uniform(0.5, 1.0)

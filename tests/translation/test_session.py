"""A run against a server that fails on purpose: what is tried again, given up, and paid for."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from langalign.errors import ServiceError
from langalign.translation import translate
from tests.loopback import KEY
from tests.translation.chat_server import ChatServer, korean
from tests.translation.runs import TEXTS, TROUBLES, run


def test_every_trouble_is_outlived_and_no_translation_is_paid_for_twice(
    server: ChatServer, memory: Path
) -> None:
    server.trouble = lambda text, nth: TROUBLES[TEXTS.index(text) % 6] if nth == 1 else "ok"
    done = run(TEXTS, memory)
    assert done.texts == [korean(text) for text in TEXTS]
    assert set(server.good.values()) == {1}
    assert done.retried == 40
    assert sum(done.setbacks.values()) == 40
    assert done.setbacks["busy"] == done.setbacks["server error"] == 7
    assert done.setbacks["broken"] == done.setbacks["empty"] == 6
    assert done.setbacks["dropped"] + done.setbacks["slow"] == 14
    assert done.unanswered_cost > 0


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("empty", "empty"),
        ("refuse", "refused"),
        ("filter", "refused"),
        ("cut", "truncated"),
        ("same", "untranslated"),
        ("broken", "broken"),
    ],
)
def test_bad_answers_are_counted_retried_and_in_the_end_reported(
    server: ChatServer, memory: Path, step: str, problem: str
) -> None:
    server.trouble = lambda text, nth: step if text == "bad" or nth == 1 else "ok"
    done = run(["bad", "good"], memory, attempts=3)
    assert done.texts == [None, korean("good")]
    assert done.problems == {problem: 1}
    assert done.setbacks == {problem: 4}
    assert server.asked == {"bad": 3, "good": 2}


def test_bad_answers_are_not_paid_for_again_unless_more_attempts_are_allowed(
    server: ChatServer, memory: Path
) -> None:
    server.trouble = lambda text, nth: "refuse" if nth <= 3 else "ok"
    first = run(["bad"], memory, attempts=2)
    assert first.cost == pytest.approx(server.cost) == pytest.approx(2 * 70e-6)
    again = run(["bad"], memory, attempts=2)
    assert (again.problems, again.cost) == ({"refused": 1}, 0.0)
    assert server.asked["bad"] == 2
    assert run(["bad"], memory, attempts=4).texts == [korean("bad")]
    assert server.asked["bad"] == 4
    with sqlite3.connect(memory) as file:
        assert file.execute("SELECT count(*) FROM answers WHERE text = 'bad'").fetchone() == (4,)
    file.close()


def test_an_answer_is_kept_before_it_is_looked_at(
    server: ChatServer, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from langalign.translation import _session

    def fail(*_: object) -> str:
        raise RuntimeError("a mistake in the checks")

    with monkeypatch.context() as broken:
        broken.setattr(_session, "find_problem", fail)
        with pytest.raises(RuntimeError, match="a mistake"):
            run(["one"], memory)
    assert run(["one"], memory).from_memory == 1
    assert server.asked == {"one": 1}


def test_no_more_requests_are_in_flight_than_allowed(server: ChatServer, memory: Path) -> None:
    server.delay = 0.02
    run(TEXTS, memory, concurrency=4)
    assert 1 < server.most_in_flight <= 4


def test_retry_after_is_honoured(server: ChatServer, memory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from langalign.translation._session import Session

    waits: list[float] = []
    plain = Session._delay

    def listening(self: Session, tries: int, told: float | None) -> float:
        waits.append(plain(self, tries, told))
        return 0.0

    monkeypatch.setattr(Session, "_delay", listening)
    server.retry_after = "7"
    server.trouble = lambda text, nth: "busy" if nth == 1 else "error" if nth < 5 else "ok"
    translate(["one"], "openai:small[backoff=2]", to="ko", memory=memory)
    told, *own = waits
    assert 7 <= told <= 7.7
    for place, wait in enumerate(own):
        assert 0.5 * 2 * 2 ** (place + 1) <= wait <= 2 * 2 ** (place + 1)


def test_the_cost_limit_is_never_exceeded_and_what_was_paid_is_kept(server: ChatServer, memory: Path) -> None:
    limit = 12.5 * 70e-6
    done = run(TEXTS, memory, max_cost=limit, concurrency=5)
    assert 0 < done.translated < 13
    assert done.problems == {"not asked": done.failed}
    assert done.stopped == f"the next request could exceed max_cost={limit:g}"
    assert done.cost == pytest.approx(server.cost)
    assert server.cost <= limit
    again = run(TEXTS, memory)
    assert (again.from_memory, again.failed) == (done.translated, 0)
    assert set(server.charged.values()) == {1}


def test_a_server_that_never_answers_one_text_fails_that_text_alone(server: ChatServer, memory: Path) -> None:
    server.trouble = lambda text, nth: "error" if text == TEXTS[7] else "ok"
    done = translate(TEXTS, "openai:small[backoff=0,max_retries=2]", to="ko", memory=memory)
    assert done.problems == {"server error": 1}
    assert done.texts[7] is None
    assert "answered 500" in done.last_failure
    assert server.asked[TEXTS[7]] == 3


def test_a_rejected_text_is_not_sent_again(server: ChatServer, memory: Path) -> None:
    server.trouble = lambda text, nth: "400" if text == TEXTS[7] else "ok"
    assert run(TEXTS, memory).problems == {"rejected": 1}
    assert server.asked[TEXTS[7]] == 1


def test_rejected_texts_end_no_run_in_which_others_are_answered(server: ChatServer, memory: Path) -> None:
    bad = [f"rejected {number}" for number in range(5)]
    server.trouble = lambda text, nth: "400" if text in bad else "ok"
    for _ in range(2):  # the second time none but these are asked for
        done = run([*TEXTS[:5], *bad], memory)
        assert (done.translated, done.problems, done.last_failure) == (5, {"rejected": 5}, "")
        assert "answered 400" in done.rejection


def test_a_request_that_is_always_rejected_ends_the_run(server: ChatServer, memory: Path) -> None:
    server.trouble = lambda text, nth: "400"
    with pytest.raises(ServiceError, match="answered 400"):
        run(TEXTS, memory)
    assert sum(server.asked.values()) < len(TEXTS)


def test_a_dead_server_ends_the_run_and_what_came_is_kept(server: ChatServer, memory: Path) -> None:
    server.trouble = lambda text, nth: "ok" if TEXTS.index(text) < 10 else "error"
    with pytest.raises(ServiceError, match=r"answered 500.*all answers that came are in the"):
        translate(TEXTS, "openai:small[backoff=0,max_retries=1]", to="ko", memory=memory, concurrency=1)
    assert sum(server.asked.values()) == 10 + 3 * 2
    server.trouble = lambda text, nth: "ok"
    assert run(TEXTS, memory).from_memory == 10


@pytest.mark.parametrize("status", ["401", "403", "404"])
def test_a_server_that_lets_nobody_in_is_one_line(server: ChatServer, memory: Path, status: str) -> None:
    server.trouble = lambda text, nth: status
    with pytest.raises(ServiceError, match=f"answered {status}: .*as told") as caught:
        run(TEXTS, memory, concurrency=1)
    assert sum(server.asked.values()) == 1
    assert "\n" not in str(caught.value)
    assert KEY not in str(caught.value)


def test_two_runs_at_once_share_a_memory(server: ChatServer, memory: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    server.delay = 0.005
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda texts: run(texts, memory, concurrency=2), [TEXTS, TEXTS[::-1]])
    assert one.texts == other.texts[::-1] == [korean(text) for text in TEXTS]
    # What one run has been answered the other does not ask for; only requests in flight may meet.
    assert sum(server.charged.values()) <= len(TEXTS) + 4

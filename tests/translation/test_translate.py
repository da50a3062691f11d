"""The whole of step 0 against a server that fails on purpose."""

from __future__ import annotations

import logging
import os
import sqlite3
from pathlib import Path

import pytest

from langalign.errors import DataError, ServiceError, SpecError
from langalign.translation import Estimate, Prices, Translated, build, translate
from tests.translation.chat_server import KEY, TOKENS_IN, TOKENS_OUT, ChatServer, korean, serving

QUICK = "openai:small[backoff=0.001,timeout=0.3]"
PRICES = Prices(1.0, 2.0)
TEXTS = [f"This is sentence number {number}." for number in range(40)]


def run(texts: list[str], memory: Path, **more: object) -> Translated:
    return translate(texts, QUICK, **{"to": "ko", "memory": memory, "prices": PRICES, **more})


@pytest.fixture
def memory(tmp_path: Path) -> Path:
    return tmp_path / "memory.sqlite"


def test_texts_are_translated_in_order_and_the_charge_is_told(server: ChatServer, memory: Path) -> None:
    done = run(TEXTS, memory)
    assert done.texts == [korean(text) for text in TEXTS]
    assert (done.translated, done.from_memory, done.failed, done.problems) == (40, 0, 0, {})
    assert (done.tokens_in, done.tokens_out) == (40 * TOKENS_IN, 40 * TOKENS_OUT)
    assert done.cost == pytest.approx(server.cost)


TROUBLES = ("busy", "error", "drop", "slow", "broken", "empty")


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


def test_a_second_run_asks_for_nothing(server: ChatServer, memory: Path) -> None:
    run(TEXTS, memory)
    done = run([*TEXTS, TEXTS[0]], memory)
    assert done.texts == [korean(text) for text in [*TEXTS, TEXTS[0]]]
    assert (done.from_memory, done.cost, done.tokens_in) == (41, 0.0, 0)
    assert done.estimate == Estimate(0, 0, 0, 0.0)
    assert sum(server.asked.values()) == 40


def test_a_text_that_stands_twice_is_asked_for_once(server: ChatServer, memory: Path) -> None:
    done = run(["one", "two", "one", "one"], memory)
    assert done.texts == [korean(text) for text in ("one", "two", "one", "one")]
    assert (done.unique, done.translated) == (2, 4)
    assert server.asked == {"one": 1, "two": 1}


def test_texts_are_told_apart_to_the_letter(server: ChatServer, memory: Path) -> None:
    texts = ["one", "One", "one ", " one", "one\n", "ône", "o\u0302ne"]
    assert run(texts, memory).translated == len(texts)
    assert len(server.asked) == len(texts)


def test_whatever_changes_an_answer_asks_anew(
    server: ChatServer, memory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "prompt.txt").write_text("{language}, please: {text}")
    specs = [QUICK, "openai:large", "openai:small[temperature=0]", "openai:small[max_tokens=9]"]
    specs.append(f"openai:small[prompt={tmp_path / 'prompt.txt'}]")
    runs = [(spec, "en", "ko") for spec in specs] + [(QUICK, "de", "ko"), (QUICK, "en", "Klingonese")]
    for _ in range(2):
        for spec, source, target in runs:
            translate(["a word"], spec, to=target, source_language=source, memory=memory)
    assert sum(server.asked.values()) == len(runs)
    other = ChatServer()
    with serving(other) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        translate(["a word"], QUICK, to="ko", memory=memory)
    assert other.asked == {"a word": 1}


def test_credentials_in_the_url_change_nothing(
    server: ChatServer, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(["one"], memory)
    monkeypatch.setenv("OPENAI_BASE_URL", os.environ["OPENAI_BASE_URL"].replace("//", "//user:secret@"))
    assert run(["one"], memory).from_memory == 1
    run(["two"], memory)
    assert server.headers[-1]["Authorization"].startswith("Basic ")
    assert b"secret" not in memory.read_bytes()


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
    assert done.stopped == f"the next request could exceed --max-cost {limit:g}"
    assert done.cost == pytest.approx(server.cost)
    assert server.cost <= limit
    again = run(TEXTS, memory)
    assert (again.from_memory, again.failed) == (done.translated, 0)
    assert set(server.charged.values()) == {1}


def test_a_cost_limit_needs_a_price(server: ChatServer, memory: Path) -> None:
    with pytest.raises(SpecError, match=r"max_cost=1\.0 cannot be kept, as no price of 'small' is known"):
        run(["one"], memory, prices=None, max_cost=1.0)
    assert run(["one"], memory, prices=None).cost is None
    known = translate(["one"], "openai:gpt-4-turbo-preview", to="ko", memory=memory, max_cost=1.0)
    assert known.cost == pytest.approx((TOKENS_IN * 10 + TOKENS_OUT * 30) / 1e6)


def test_the_estimate_is_shown_before_anything_is_sent(server: ChatServer, memory: Path) -> None:
    seen: list[Estimate] = []

    def refuse(estimate: Estimate) -> None:
        seen.append(estimate)
        raise SpecError("no")

    with pytest.raises(SpecError, match="no"):
        run(TEXTS, memory, confirm=refuse)
    assert not server.asked
    assert seen[0].texts == 40
    assert seen[0].cost == pytest.approx((seen[0].tokens_in + 2 * seen[0].tokens_out) / 1e6)


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


def test_a_missing_key_is_told_before_anything_is_sent(
    server: ChatServer, memory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ServiceError, match="OPENAI_API_KEY is not set"):
        run(["one"], memory)
    assert not server.asked


def test_neither_key_nor_text_is_in_any_log_or_file(
    server: ChatServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    server.trouble = lambda text, nth: TROUBLES[TEXTS.index(text) % 6] if nth == 1 else "ok"
    run(TEXTS, tmp_path / "here" / "memory.sqlite")
    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    assert caplog.text
    assert KEY not in caplog.text
    assert "sentence number" not in caplog.text
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert [path.parent.name for path in files if KEY.encode() in path.read_bytes()] == []
    assert {path.parent.name for path in files if b"sentence number" in path.read_bytes()} == {"here"}


@pytest.mark.parametrize(
    ("texts", "more", "message"),
    [
        ([], {}, "there is no text to translate"),
        (["one", " "], {}, "text 2 is empty"),
        (["\ud800"], {}, "text 1 holds half a surrogate pair"),
    ],
)
def test_texts_that_are_none_are_refused(memory: Path, texts: list[str], more: dict, message: str) -> None:
    with pytest.raises(DataError, match=message):
        run(texts, memory, **more)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"attempts": 0}, "attempts=0 is too small"),
        ({"concurrency": 0}, "concurrency=0 is too small"),
        ({"max_cost": -1.0}, r"max_cost=-1\.0 is no limit"),
        ({"to": "xx"}, "language 'xx' is unknown"),
        ({"to": "English"}, "are both en"),
    ],
)
def test_options_that_cannot_be_used_are_refused(memory: Path, more: dict, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        run(["one"], memory, **more)


def test_progress_is_told_to_the_end(server: ChatServer, memory: Path) -> None:
    run(TEXTS[:5], memory)
    heard: list[tuple[int, int]] = []
    run(TEXTS[:20], memory, progress=lambda done, total: heard.append((done, total)))
    assert heard == [(done, 20) for done in range(6, 21)]


def test_two_runs_at_once_share_a_memory(server: ChatServer, memory: Path) -> None:
    from concurrent.futures import ThreadPoolExecutor

    server.delay = 0.005
    with ThreadPoolExecutor(2) as pool:
        one, other = pool.map(lambda texts: run(texts, memory, concurrency=2), [TEXTS, TEXTS[::-1]])
    assert one.texts == other.texts[::-1] == [korean(text) for text in TEXTS]
    # What one run has been answered the other does not ask for; only requests in flight may meet.
    assert sum(server.charged.values()) <= len(TEXTS) + 4


def test_a_built_translator_can_be_used_again(server: ChatServer, memory: Path) -> None:
    translator = build(QUICK)
    translate(["one"], translator, to="ko", memory=memory)
    assert translate(["one", "two"], translator, to="ko", memory=memory).from_memory == 1
    assert translator.spec == "openai:small[backoff=0.001,timeout=0.3]"


def test_by_default_the_memory_lies_in_the_cache(server: ChatServer, tmp_path: Path) -> None:
    translate(["one"], QUICK, to="ko")
    assert (tmp_path / "cache" / "translations.sqlite").is_file()

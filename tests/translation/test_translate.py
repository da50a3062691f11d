"""Step 0 from texts to translations: order, the memory, prices, and what is refused."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import pytest

from langalign.errors import DataError, ServiceError, SpecError
from langalign.translation import Estimate, build, estimate, translate
from tests.loopback import KEY
from tests.translation.chat_server import TOKENS_IN, TOKENS_OUT, ChatServer, korean, serving
from tests.translation.runs import QUICK, TEXTS, TROUBLES, run


def test_texts_are_translated_in_order_and_the_charge_is_told(server: ChatServer, memory: Path) -> None:
    done = run(TEXTS, memory)
    assert done.texts == [korean(text) for text in TEXTS]
    assert (done.translated, done.from_memory, done.failed, done.problems) == (40, 0, 0, {})
    assert (done.tokens_in, done.tokens_out) == (40 * TOKENS_IN, 40 * TOKENS_OUT)
    assert done.cost == pytest.approx(server.cost)


def test_a_second_run_asks_for_nothing(server: ChatServer, memory: Path) -> None:
    run(TEXTS, memory)
    done = run([*TEXTS, TEXTS[0]], memory)
    assert done.texts == [korean(text) for text in [*TEXTS, TEXTS[0]]]
    assert (done.from_memory, done.cost, done.tokens_in) == (41, 0.0, 0)
    assert done.estimate == Estimate(0, 0, 0, 0.0)
    assert sum(server.asked.values()) == 40


def test_the_memory_lies_in_the_cache_which_may_be_in_the_home_folder(
    server: ChatServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("LANGALIGN_CACHE", "~/kept")
    translate(["one"], QUICK, to="ko")
    assert (tmp_path / "home" / "kept" / "translations.sqlite").is_file()
    assert not (tmp_path / "~").exists()


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
    ("texts", "message"),
    [
        ([], "there is no text to translate"),
        (["one", " "], "text 2 is empty"),
        (["\ud800"], "text 1 holds half a surrogate pair"),
        ("hello", "texts is a single string; give a list of texts"),
        (["one", None], r"texts\[1\] is of type NoneType"),
        (["one", ("a", "b")], "text 2 is a sentence pair; give its two sentences as texts"),
    ],
)
def test_texts_that_are_none_are_refused_before_anything_is_sent(
    server: ChatServer, memory: Path, texts: Any, message: str
) -> None:
    with pytest.raises(DataError, match=message):
        run(texts, memory)
    with pytest.raises(DataError, match=message):
        estimate(texts, QUICK, to="ko", memory=memory)
    assert not server.asked
    assert not memory.exists()


def test_texts_may_come_one_by_one(server: ChatServer, memory: Path) -> None:
    assert estimate(iter(["one", "two", "one"]), QUICK, to="ko", memory=memory).texts == 2
    assert translate(iter(["one", "two", "one"]), QUICK, to="ko", memory=memory).texts == [
        korean(text) for text in ("one", "two", "one")
    ]
    assert server.asked == {"one": 1, "two": 1}


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ({"attempts": 0}, "attempts=0 is out of range; give at least 1"),
        ({"concurrency": 0}, "concurrency=0 is out of range; give at least 1"),
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


def test_a_built_translator_can_be_used_again(server: ChatServer, memory: Path) -> None:
    translator = build(QUICK)
    translate(["one"], translator, to="ko", memory=memory)
    assert translate(["one", "two"], translator, to="ko", memory=memory).from_memory == 1
    assert translator.spec == QUICK


def test_by_default_the_memory_lies_in_the_cache(server: ChatServer, tmp_path: Path) -> None:
    translate(["one"], QUICK, to="ko")
    assert (tmp_path / "cache" / "translations.sqlite").is_file()

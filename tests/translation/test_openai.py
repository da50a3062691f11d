from __future__ import annotations

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest

from langalign.errors import ServiceError, SpecError
from langalign.translation import build
from langalign.translation._languages import find_languages
from langalign.translation.base import Answer, UnansweredError
from langalign.translation.openai import _told_wait
from tests.translation.chat_server import ChatServer

KOREAN = find_languages("en", "ko")


def test_a_request_is_what_the_protocol_asks_for(server: ChatServer) -> None:
    build("openai:small[temperature=0.5,max_tokens=7]").ask(["One."], KOREAN)
    (sent,) = server.requests
    assert (sent["model"], sent["temperature"], sent["max_tokens"]) == ("small", 0.5, 7)
    assert [one["role"] for one in sent["messages"]] == ["system", "user", "system"]
    assert sent["messages"][1]["content"] == "One."
    build("openai:small").ask(["One."], KOREAN)
    assert "max_tokens" not in server.requests[1]


def body(content: object, finish: str | None = "stop", **message: object) -> dict:
    return {"choices": [{"message": {"content": content, **message}, "finish_reason": finish}]}


@pytest.mark.parametrize(
    ("content", "answer"),
    [
        (body(" 하나. \n"), Answer("하나.")),
        ({**body("하나."), "usage": {"prompt_tokens": 3, "completion_tokens": 4}}, Answer("하나.", "", 3, 4)),
        ({**body("하나."), "usage": {"prompt_tokens": "3"}}, Answer("하나.")),
        (body("하나.", None), Answer("하나.")),
        (body("하나", "length"), Answer("하나", "truncated")),
        (body(None, "content_filter"), Answer("", "refused")),
        (body("", refusal="No."), Answer("", "refused")),
        (body(None), Answer("")),
        ({"choices": []}, Answer("", "broken")),
        ({"error": "none"}, Answer("", "broken")),
        ([1], Answer("", "broken")),
        (body(["x"]), Answer("", "broken")),
    ],
)
def test_answers_are_read_as_they_are(content: object, answer: Answer) -> None:
    assert build("openai:small").read(json.dumps(content)) == answer


def test_what_is_no_json_is_broken() -> None:
    assert build("openai:small").read("<html>") == Answer("", "broken")
    assert build("openai:small").read("[" * 100_000) == Answer("", "broken")


def test_waits_are_read_in_every_form() -> None:
    assert _told_wait({"retry-after": "7"}) == 7
    assert _told_wait({"retry-after": "0.5"}) == 0.5
    assert _told_wait({"retry-after": "9", "retry-after-ms": "250"}) == 0.25
    later = datetime.now(timezone.utc) + timedelta(seconds=100)
    assert 90 < (_told_wait({"retry-after": format_datetime(later)}) or 0) <= 100
    assert _told_wait({"retry-after": format_datetime(later - timedelta(days=1))}) == 0
    assert _told_wait({"retry-after": "soon"}) is None
    assert _told_wait({}) is None


@pytest.mark.parametrize(
    ("step", "problem", "again", "charged"),
    [
        ("busy", "busy", True, False),
        ("error", "server error", True, False),
        ("408", "server error", True, False),
        ("slow", "slow", True, True),
        ("drop", "dropped", True, True),
        ("400", "rejected", False, False),
    ],
)
def test_failures_tell_whether_to_ask_again(
    server: ChatServer, step: str, problem: str, again: bool, charged: bool
) -> None:
    server.trouble = lambda text, nth: step
    with pytest.raises(UnansweredError) as caught:
        build("openai:small[timeout=0.3]").ask(["One."], KOREAN)
    found = caught.value
    assert (found.problem, found.again, found.charged) == (problem, again, charged)
    assert found.wait == (0 if step == "busy" else None)
    assert found.__context__ is None


def test_estimates_are_no_less_than_what_is_sent() -> None:
    translator = build("openai:small")
    tokens_in, tokens_out = translator.estimate("This film is good.", KOREAN)
    # By OpenAI's cl100k: 33 tokens of content and framing, and 10 of "이 영화는 좋습니다."
    assert tokens_in >= 33
    assert tokens_out >= 10
    assert build("openai:small[max_tokens=3]").estimate("This film is good.", KOREAN) == (tokens_in, 3)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("temperature=3", "temperature=3.0 is out of range"),
        ("max_tokens=0", "max_tokens=0 is out of range; give at least 1"),
        ("max_retries=-1", "max_retries=-1 is out of range; give at least 0"),
        ("timeout=0", "timeout=0.0"),
        ("colour=red", "openai has no option 'colour'; choose from: backoff, max_retries"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        build(f"openai:small[{options}]")


def test_a_url_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_BASE_URL", "localhost")
    with pytest.raises(SpecError, match="OPENAI_BASE_URL is no http or https URL"):
        build("openai:small").request(KOREAN)


def test_an_empty_purse_is_final(server: ChatServer) -> None:
    server.trouble = lambda text, nth: "unpaid"
    with pytest.raises(ServiceError, match="answered 429") as caught:
        build("openai:small").ask(["One."], KOREAN)
    assert type(caught.value) is ServiceError

from __future__ import annotations

import logging
import os
import traceback

import numpy as np
import pytest

from langalign.encoders import build
from langalign.encoders.hashing import HashingEncoder
from langalign.errors import ServiceError, SpecError
from langalign.openai_service import estimate_tokens
from tests.encoders.embeddings_server import EmbeddingsServer, serving
from tests.encoders.small_model import TEXTS
from tests.loopback import KEY

EXPECTED = HashingEncoder(width=16).encode(TEXTS)


@pytest.mark.parametrize("as_base64", [True, False])
def test_vectors_are_the_servers_in_either_format(server: EmbeddingsServer, as_base64: bool):
    server.as_base64 = as_base64

    vectors = build("openai:small").encode(TEXTS)

    np.testing.assert_allclose(vectors, EXPECTED, atol=1e-7)
    assert vectors.dtype == np.float32
    assert server.requests[0]["input"] == TEXTS
    assert server.requests[0]["model"] == "small"
    assert "dimensions" not in server.requests[0]


def test_answers_in_another_order_are_sorted_by_index(server: EmbeddingsServer):
    server.alter = lambda answer: {**answer, "data": answer["data"][::-1]}
    np.testing.assert_allclose(build("openai:small").encode(TEXTS), EXPECTED, atol=1e-7)


def test_dimensions_are_asked_for(server: EmbeddingsServer):
    assert build("openai:small[dimensions=5]").encode(TEXTS).shape == (len(TEXTS), 5)
    assert server.requests[0]["dimensions"] == 5


@pytest.mark.parametrize("failures", [[429, 429], [500, 503], [408], [0.5]])
def test_passing_failures_are_tried_again(server: EmbeddingsServer, failures: list[int | float]):
    server.script = [*failures]

    vectors = build("openai:small[timeout=0.2]").encode(TEXTS)

    np.testing.assert_allclose(vectors, EXPECTED, atol=1e-7)
    assert len(server.requests) == len(failures) + 1


def test_lasting_failures_end_in_one_line(server: EmbeddingsServer):
    server.script = [429] * 9
    with pytest.raises(ServiceError, match=r"answered 429: .*as told.* 'small'") as caught:
        build("openai:small[max_retries=2]").encode(TEXTS)
    assert len(server.requests) == 3
    assert "\n" not in str(caught.value)


def test_refusals_are_not_tried_again(server: EmbeddingsServer):
    server.script = [401]
    with pytest.raises(ServiceError, match="answered 401"):
        build("openai:small").encode(TEXTS)
    assert len(server.requests) == 1


def test_silence_is_a_time_out(server: EmbeddingsServer):
    server.script = [0.5]
    with pytest.raises(ServiceError, match=r"did not answer within 0\.1 s"):
        build("openai:small[timeout=0.1,max_retries=0]").encode(TEXTS)


def _without_last(answer: dict) -> dict:
    return {**answer, "data": answer["data"][:-1]}


def _with(item: int, **change: object):
    def alter(answer: dict) -> dict:
        answer["data"][item].update(change)
        return answer

    return alter


@pytest.mark.parametrize(
    ("alter", "problem"),
    [
        (_without_last, "gave 7 vectors with 7 different numbers for 8 texts"),
        (_with(3, index=0), "gave 8 vectors with 7 different numbers for 8 texts"),
        (_with(3, index=8), "gave 8 vectors with 8 different numbers for 8 texts"),
        (_with(3, embedding=[1.0, 2.0]), r"widths \[2, 16\]"),
        (_with(3, embedding=[float("nan")] * 16), "NaN or infinite"),
        (_with(3, embedding=[1e300] * 16), "NaN or infinite"),
        (_with(3, embedding="?"), "no list of embeddings"),
        (_with(3, embedding=None), "no list of embeddings|widths"),
        (_with(3, embedding=[[1.0] * 16]), "no list of embeddings"),
        (_with(3, embedding=["1.0"] * 16), "no list of embeddings"),
        (_with(3, embedding=[True] * 16), "no list of embeddings"),
        (lambda answer: {**answer, "model": "large"}, "answered with model 'large'"),
        (lambda answer: {**answer, "model": 7}, "answered with model 7"),
        (lambda answer: {"data": None}, "no list of embeddings"),
        (lambda answer: {"error": "none left"}, "no list of embeddings"),
        (lambda answer: b"[" * 100_000, "no list of embeddings"),
        (lambda answer: [1, 2], "no list of embeddings"),
        (lambda answer: b"<html>hello</html>", "no list of embeddings"),
    ],
)
def test_lies_are_refused_in_one_line(server: EmbeddingsServer, alter, problem: str):
    server.alter = alter
    with pytest.raises(ServiceError, match=problem) as caught:
        build("openai:small").encode(TEXTS)
    assert "\n" not in str(caught.value)


def test_a_width_that_changes_between_batches_is_refused(server: EmbeddingsServer):
    encoder = build("openai:small")
    encoder.encode(TEXTS)
    for row in range(16):
        server.alter = lambda answer, row=row: {
            **answer,
            "data": [{**item, "embedding": [1.0] * (row + 17)} for item in answer["data"]],
        }
        with pytest.raises(ServiceError, match=f"width {row + 17}, not 16"):
            encoder.encode(TEXTS)


@pytest.mark.parametrize("told", ["small-v2", "/models/org/small", "SMALL", None, ""])
def test_a_fuller_name_of_the_model_is_taken(server: EmbeddingsServer, told: str | None):
    server.alter = lambda answer: {**answer, "model": told}
    assert build("openai:org/small").encode(["a"]).shape == (1, 16)


def test_an_unreachable_server_is_named_without_credentials(monkeypatch: pytest.MonkeyPatch):
    with serving(EmbeddingsServer()) as url:
        port = url.rpartition(":")[2]
    monkeypatch.setenv("OPENAI_BASE_URL", f"http://user:pass%40word@127.0.0.1:{port}/")
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with pytest.raises(ServiceError, match=f"^http://127.0.0.1:{port} cannot be reached") as caught:
        build("openai:small[max_retries=0]").encode(TEXTS)
    assert "\n" not in str(caught.value)
    assert "pass" not in str(caught.value)


def test_credentials_in_the_url_are_sent_but_not_told(
    server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    url = os.environ["OPENAI_BASE_URL"]
    monkeypatch.setenv("OPENAI_BASE_URL", url.replace("//", "//user:pass%40word@"))
    caplog.set_level(logging.DEBUG)
    encoder = build("openai:small")

    encoder.encode(TEXTS)

    assert server.headers[0]["Authorization"] == "Basic dXNlcjpwYXNzQHdvcmQ="
    assert encoder.identity.options["url"] == url
    assert "word" not in caplog.text


def test_the_key_is_sent_and_told_nowhere(server: EmbeddingsServer, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.DEBUG)
    encoder = build("openai:small[max_retries=1]")
    encoder.encode(TEXTS)
    server.script, server.message = [401], f"wrong key {KEY}"
    with pytest.raises(ServiceError) as caught:
        encoder.encode(TEXTS)

    assert server.headers[0]["Authorization"] == f"Bearer {KEY}"
    told = [repr(encoder), str(encoder.identity.to_json()), encoder.spec, caplog.text]
    told += ["".join(traceback.format_exception(caught.value))]
    assert not [text for text in told if KEY in text]


def test_a_missing_key_is_said(server: EmbeddingsServer, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ServiceError, match="OPENAI_API_KEY is not set"):
        build("openai:small").load()
    assert server.requests == []


def test_identity_needs_no_server(monkeypatch: pytest.MonkeyPatch):
    here = build("openai:small").identity
    monkeypatch.setenv("OPENAI_BASE_URL", "https://elsewhere.example/v1/")
    there = build("openai:small").identity

    assert here.options == {"url": "https://api.openai.com/v1", "dimensions": None}
    assert there.options["url"] == "https://elsewhere.example/v1"
    assert here.fingerprint != there.fingerprint


@pytest.mark.parametrize("url", ["elsewhere", "ftp://elsewhere", "http://"])
def test_a_base_url_that_is_none_is_said(monkeypatch: pytest.MonkeyPatch, url: str):
    monkeypatch.setenv("OPENAI_BASE_URL", url)
    with pytest.raises(SpecError, match="OPENAI_BASE_URL is no http or https URL"):
        _ = build("openai:small").identity


@pytest.mark.parametrize("options", ["dimensions=0", "max_retries=-1", "timeout=0", "timeout=nan"])
def test_numbers_out_of_range_are_refused(options: str):
    with pytest.raises(SpecError, match=options.partition("=")[0]):
        build(f"openai:small[{options}]")


def test_tokens_are_estimated_from_bytes():
    assert estimate_tokens("") == 1
    assert estimate_tokens("nine char") == 1 + 3
    assert estimate_tokens("영화") == 1 + 3
    assert estimate_tokens("ab 영화") == 1 + 1 + 3
    ids, lengths = build("openai:small").tokenize(["", "nine char"])
    assert list(ids) == ["", "nine char"]
    assert lengths.tolist() == [1, 4]

"""What every registered translator keeps to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from langalign import registry
from langalign.errors import SpecError
from langalign.translation import build, translate
from langalign.translation._languages import find_languages
from langalign.translation.base import Translator
from tests.loopback import KEY
from tests.translation.chat_server import ChatServer, serving
from tests.translation.small_t5 import save_small_t5

NAMES = registry.names("translators")
LANGUAGES = find_languages("en", "ko")
TEXTS = ["one", "the second is longer", "three", "four of them"]


@pytest.fixture(params=NAMES)
def spec(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    if request.param == "seq2seq":
        yield f"seq2seq:{save_small_t5(tmp_path / 'model')}[max_length=8]"
        return
    with serving(ChatServer()) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield f"{request.param}:small"


@pytest.fixture
def translator(spec: str) -> Translator:
    return build(spec)


def test_the_two_translators_are_there() -> None:
    assert set(NAMES) >= {"openai", "seq2seq"}


def test_its_request_is_plain_json_and_tells_the_languages(translator: Translator) -> None:
    request = translator.request(LANGUAGES)
    assert json.loads(json.dumps(request)) == request
    assert request["kind"] in NAMES
    assert KEY not in json.dumps(request)
    for other in (find_languages("en", "ja"), find_languages("de", "ko")):
        assert translator.request(other) != request


def test_batches_hold_each_text_once(translator: Translator) -> None:
    batches = translator.batches(TEXTS, LANGUAGES)
    assert sorted(row for batch in batches for row in batch) == list(range(len(TEXTS)))


def test_every_text_of_a_batch_is_answered(translator: Translator) -> None:
    translator.load()
    for batch in translator.batches(TEXTS, LANGUAGES):
        raws = translator.ask([TEXTS[row] for row in batch], LANGUAGES)
        assert len(raws) == len(batch)
        for raw in raws:
            answer = translator.read(raw)
            assert answer == translator.read(raw)
            assert answer.tokens_in
            assert answer.tokens_out


def test_its_spec_builds_the_like(translator: Translator) -> None:
    assert build(translator.spec).request(LANGUAGES) == translator.request(LANGUAGES)


def test_a_second_run_is_all_memory(translator: Translator, tmp_path: Path) -> None:
    memory = tmp_path / "memory.sqlite"
    first = translate(TEXTS, translator, to="ko", memory=memory)
    again = translate(TEXTS, translator, to="ko", memory=memory, attempts=1)
    assert again.texts == first.texts
    assert again.tokens_in == 0
    assert again.translated == again.from_memory


def test_it_costs_nothing_or_something(translator: Translator) -> None:
    tokens = translator.estimate("a text", LANGUAGES)
    assert all(count > 0 for count in tokens) == translator.paid


def test_unknown_options_list_the_choices(spec: str) -> None:
    with pytest.raises(SpecError, match="has no option 'colour'; choose from: "):
        build(spec, options={"colour": "red"})

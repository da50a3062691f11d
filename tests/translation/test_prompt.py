from __future__ import annotations

import json
from pathlib import Path

import pytest

from langalign.errors import SpecError
from langalign.translation import build
from langalign.translation._languages import find_language, find_languages
from langalign.translation._prompt import default_prompt, fill, read_prompt


def test_the_papers_request_is_korean_and_names_no_language() -> None:
    korean = find_language("ko")
    first, text, last = fill(default_prompt(korean), korean, "Hello {language} {text}.")
    assert [one["role"] for one in (first, text, last)] == ["system", "user", "system"]
    assert text["content"] == "Hello {language} {text}."
    assert last["content"] == "번역:"
    assert "번역" in first["content"]
    assert "한국" not in first["content"]


def test_other_requests_name_the_language() -> None:
    first, text, last = fill(default_prompt(find_language("ja")), find_language("ja"), "Hello.")
    assert "into Japanese" in first["content"]
    assert (text["content"], last["content"]) == ("Hello.", "Translation:")


def test_the_papers_model_and_temperature_are_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    told = build("openai").request(find_languages("en", "ko"))
    assert (told["model"], told["temperature"], told["url"]) == (
        "gpt-4-turbo-preview",
        1.0,
        "https://api.openai.com/v1",
    )
    assert build("openai").metered
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1/")
    assert not build("openai").metered


def test_a_text_file_is_one_user_message(tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text('Say "{text}" in {language}, as {"json"}.\n', encoding="utf-8")
    messages = fill(read_prompt(tmp_path / "prompt.txt"), find_language("ko"), "a {language}")
    assert messages == [{"role": "user", "content": 'Say "a {language}" in Korean, as {"json"}.'}]


def test_a_json_file_is_a_list_of_messages(tmp_path: Path) -> None:
    written = [{"role": "system", "content": "To {language}."}, {"role": "user", "content": "<{text}>"}]
    (tmp_path / "prompt.json").write_text(json.dumps(written))
    messages = fill(read_prompt(tmp_path / "prompt.json"), find_language("de"), "x")
    assert messages == [{"role": "system", "content": "To German."}, {"role": "user", "content": "<x>"}]


@pytest.mark.parametrize(
    ("name", "written", "message"),
    [
        ("a.txt", b"Translate.", r"has no \{text\}"),
        ("a.txt", b"\xff{text}", "is no UTF-8 text"),
        ("a.json", b"{text}", "is no UTF-8 text or list of messages"),
        ("a.json", b'[{"role": "bard", "content": "{text}"}]', "role 'bard'"),
        ("a.json", b'[{"role": "user"}]', "list of messages"),
        ("a.json", b'{"role": "user", "content": "{text}"}', "list of messages"),
        ("missing.txt", None, "cannot be read: No such file"),
    ],
)
def test_files_that_are_no_request_are_refused(
    tmp_path: Path, name: str, written: bytes | None, message: str
) -> None:
    if written is not None:
        (tmp_path / name).write_bytes(written)
    with pytest.raises(SpecError, match=message):
        build(f"openai:small[prompt={tmp_path / name}]")

from __future__ import annotations

import unicodedata

import pytest

from langalign.errors import SpecError
from langalign.translation._languages import _KNOWN, find_language, find_languages

SCRIPTS = {
    "am": "ETHIOPIC", "ar": "ARABIC", "bg": "CYRILLIC", "bn": "BENGALI", "el": "GREEK", "fa": "ARABIC",
    "gu": "GUJARATI", "he": "HEBREW", "hi": "DEVANAGARI", "hy": "ARMENIAN", "ja": "HIRAGANA",
    "ka": "GEORGIAN", "kk": "CYRILLIC", "km": "KHMER", "kn": "KANNADA", "ko": "HANGUL", "lo": "LAO",
    "ml": "MALAYALAM", "mr": "DEVANAGARI", "my": "MYANMAR", "ne": "DEVANAGARI", "pa": "GURMUKHI",
    "ru": "CYRILLIC", "si": "SINHALA", "ta": "TAMIL", "te": "TELUGU", "th": "THAI", "uk": "CYRILLIC",
    "ur": "ARABIC", "zh": "CJK UNIFIED",
}  # fmt: skip
"""What Unicode calls each script."""

ALSO = ("KATAKANA", "HALFWIDTH", "CJK", "COPTIC")
LETTERS = [chr(code) for code in range(0x20000) if chr(code).isalpha()]


def test_every_script_is_the_one_that_unicode_names() -> None:
    assert {code for code, (_, _, letters) in _KNOWN.items() if letters} == SCRIPTS.keys()
    for code, script in SCRIPTS.items():
        language = find_language(code)
        wrote = {unicodedata.name(letter, "") for letter in LETTERS if language.wrote(letter)}
        named = {name for name in wrote if script in name}
        others = {name for name in wrote - named if not name.startswith(ALSO)}
        assert len(named) >= 20, code
        assert not others, code


@pytest.mark.parametrize(
    "given", ["ko", "KO", "Korean", " korean", "kor_Hang", "kor", "ko-KR", "ko_KR", "Ko-Hang-kr", "ko-410"]
)
def test_a_language_is_found_by_code_or_name(given: str) -> None:
    assert (find_language(given).code, find_language(given).name) == ("ko", "Korean")


def test_a_name_that_is_not_known_is_taken_and_a_code_is_not() -> None:
    assert find_language("Tok Pisin").name == "Tok Pisin"
    assert find_language("Tok Pisin").wrote("anything")
    with pytest.raises(SpecError, match="language 'kp' is unknown; give its English name, or one of: am, ar"):
        find_language("kp")


@pytest.mark.parametrize(
    ("given", "code"), [("pt-BR", "pt"), ("zh-Hans-TW", "zh"), ("zh_CN", "zh"), ("es-419", "es")]
)
def test_a_region_is_left_out(given: str, code: str) -> None:
    assert find_language(given) == find_language(code)


@pytest.mark.parametrize(
    "given", ["zh-Hant", "zh-TW", "zho_Hant", "hi-Latn", "xx-KR", "abc_Latn", "ko-KRX", "ko_KR.UTF-8"]
)
def test_a_code_that_is_not_known_or_of_another_script_is_refused(given: str) -> None:
    with pytest.raises(SpecError, match=f"language '{given}' is unknown; give its English name"):
        find_language(given)


def test_a_name_with_a_hyphen_is_no_code() -> None:
    assert find_language("Ho-Chunk").name == "Ho-Chunk"
    assert find_language("Traditional Chinese").name == "Traditional Chinese"


def test_two_languages_are_needed() -> None:
    with pytest.raises(SpecError, match="source and target language are both ko"):
        find_languages("ko", "Korean")

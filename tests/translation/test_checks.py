from __future__ import annotations

import pytest

from langalign.translation._checks import find_problem
from langalign.translation._languages import find_languages


@pytest.mark.parametrize(
    ("to", "source", "translation", "problem"),
    [
        ("ko", "Good film.", "좋은 영화.", ""),
        ("ko", "Good film.", "", "empty"),
        ("ko", "Good film.", " \n", "empty"),
        ("ko", "Good film.", "Good  FILM.", "untranslated"),
        ("ko", "Good film.", "Bon film.", "untranslated"),
        ("ko", "Good film.", "好电影。", "untranslated"),
        ("ko", "1999!", "1999!", ""),
        ("ko", "BBC News", "BBC 뉴스", ""),
        ("ja", "Good film.", "良い映画。", ""),
        ("ja", "Coffee", "コーヒー", ""),
        ("ja", "Good film.", "좋은 영화.", "untranslated"),
        ("zh", "Good film.", "好电影。", ""),
        ("zh", "Good film.", "いい", "untranslated"),
        ("ru", "Good film.", "Хороший фильм.", ""),
        ("ru", "Good film.", "Horoshiy film.", "untranslated"),
        ("ar", "Good film.", "فيلم جيد", ""),
        ("th", "Good film.", "หนังดี", ""),
        ("el", "Good film.", "Καλή ταινία", ""),
        ("he", "Good film.", "סרט טוב", ""),
        ("hi", "Good film.", "अच्छी फिल्म", ""),
        ("hi", "Good film.", "acchi film", "untranslated"),
        ("de", "Good film.", "Guter Film.", ""),
        ("de", "Good film.", "good film.", "untranslated"),
        ("de", "Good film.", "I'm sorry, but I can't translate that.", "refused"),
        ("de", "Good film.", "I can’t assist with that request.", "refused"),
        ("de", "I'm sorry, I cannot help you.", "I'm sorry, I can't help you!", ""),
        ("ko", "Good film.", "죄송하지만 이 문장은 번역할 수 없습니다.", "refused"),
        ("ko", "Sorry, I can't help you with it.", "죄송하지만 도와드릴 수 없습니다.", ""),
        ("ja", "Good film.", "申し訳ありませんが、翻訳できません。", "refused"),
        ("zh", "Good film.", "抱歉，我无法翻译这句话。", "refused"),
        ("Elvish", "Good film.", "mae parf", ""),
    ],
)
def test_problems_are_told_by_kind(to: str, source: str, translation: str, problem: str) -> None:
    assert find_problem(source, translation, find_languages("en" if to != "en" else "ko", to)) == problem

"""What shows that a translation is none."""

from __future__ import annotations

import re

from langalign.translation._languages import Languages

_OPENING = 200
"""Letters in which a refusal shows; what comes later is text."""

_REFUSALS = {
    "en": r"\b(sorry|apologi[sz]e|unfortunately|as an ai)\b.{0,60}\b(can['’]?t|can ?not|unable|not able)\b"
    r".{0,40}\b(translat|assist|help|comply|fulfil|process|provide)|"
    r"^i (can['’]?t|can ?not|am unable to) (assist|help) with (that|this)",
    "ja": "(申し訳|すみません|恐れ入り).{0,60}(翻訳|お手伝い|対応|提供|処理|お応え).{0,20}(でき|ません|かね)",
    "ko": "(죄송|미안|유감).{0,60}(번역|도와|도움|처리|제공|응답|답변).{0,20}(수 없|수가 없|어렵|못)",
    "zh": "(抱歉|对不起|對不起).{0,30}(无法|無法|不能).{0,20}(翻译|翻譯|帮助|幫助|协助|協助|提供|处理|處理)",
}


def find_problem(source: str, translation: str, languages: Languages) -> str:
    """Tell what is wrong with a translation.

    :param source: The text.
    :param translation: What the translator wrote.
    :param languages: From and into which.
    :return: ``empty``, ``refused``, ``untranslated``, or nothing. A text without letters, such as a
        number, may stay as it is; one that itself sounds like a refusal is not taken for one.
    """
    if not translation.strip():
        return "empty"
    if _refuses(translation, languages.target.code) and not _refuses(source, languages.source.code):
        return "refused"
    if any(map(str.isalpha, source)) and (
        _plain(source) == _plain(translation) or not languages.target.wrote(translation)
    ):
        return "untranslated"
    return ""


def _refuses(text: str, language: str) -> bool:
    opening = text[:_OPENING].replace("\n", " ")
    patterns = {_REFUSALS["en"], _REFUSALS.get(language, _REFUSALS["en"])}
    return any(re.search(pattern, opening, re.IGNORECASE) for pattern in patterns)


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()

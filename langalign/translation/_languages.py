"""Languages: their names for prompts, their NLLB codes, and the scripts that tell them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from langalign.errors import SpecError

_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
_CYRILLIC = "\u0400-\u052f"
_ARABIC = "\u0620-\u064a\u066e-\u06d3\u0750-\u077f\u08a0-\u08c7\ufb50-\ufdff\ufe70-\ufefc"
_DEVANAGARI = "\u0904-\u0939\u0958-\u0961\u0972-\u097f"

# Code: English name, NLLB code, letters of the script; no letters where the script is Latin, as a
# sentence left in English would be written in the same ones.
_KNOWN = {
    "am": ("Amharic", "amh_Ethi", "\u1200-\u135a"),
    "ar": ("Arabic", "arb_Arab", _ARABIC),
    "bg": ("Bulgarian", "bul_Cyrl", _CYRILLIC),
    "bn": ("Bengali", "ben_Beng", "\u0985-\u09b9\u09ce\u09dc-\u09e1"),
    "cs": ("Czech", "ces_Latn", ""),
    "da": ("Danish", "dan_Latn", ""),
    "de": ("German", "deu_Latn", ""),
    "el": ("Greek", "ell_Grek", "\u0370-\u03ff\u1f00-\u1fff"),
    "en": ("English", "eng_Latn", ""),
    "es": ("Spanish", "spa_Latn", ""),
    "et": ("Estonian", "est_Latn", ""),
    "fa": ("Persian", "pes_Arab", _ARABIC),
    "fi": ("Finnish", "fin_Latn", ""),
    "fr": ("French", "fra_Latn", ""),
    "gu": ("Gujarati", "guj_Gujr", "\u0a85-\u0ab9"),
    "he": ("Hebrew", "heb_Hebr", "\u05d0-\u05ea"),
    "hi": ("Hindi", "hin_Deva", _DEVANAGARI),
    "hr": ("Croatian", "hrv_Latn", ""),
    "hu": ("Hungarian", "hun_Latn", ""),
    "hy": ("Armenian", "hye_Armn", "\u0531-\u0587"),
    "id": ("Indonesian", "ind_Latn", ""),
    "it": ("Italian", "ita_Latn", ""),
    "ja": ("Japanese", "jpn_Jpan", "\u3041-\u3096\u30a1-\u30fa\uff66-\uff9d" + _HAN),
    "ka": ("Georgian", "kat_Geor", "\u10a0-\u10fa"),
    "kk": ("Kazakh", "kaz_Cyrl", _CYRILLIC),
    "km": ("Khmer", "khm_Khmr", "\u1780-\u17b3"),
    "kn": ("Kannada", "kan_Knda", "\u0c85-\u0cb9"),
    "ko": ("Korean", "kor_Hang", "\uac00-\ud7a3\u1100-\u11ff\u3130-\u318f"),
    "lo": ("Lao", "lao_Laoo", "\u0e81-\u0eae"),
    "lt": ("Lithuanian", "lit_Latn", ""),
    "lv": ("Latvian", "lvs_Latn", ""),
    "ml": ("Malayalam", "mal_Mlym", "\u0d05-\u0d39"),
    "mr": ("Marathi", "mar_Deva", _DEVANAGARI),
    "ms": ("Malay", "zsm_Latn", ""),
    "my": ("Burmese", "mya_Mymr", "\u1000-\u102a"),
    "ne": ("Nepali", "npi_Deva", _DEVANAGARI),
    "nl": ("Dutch", "nld_Latn", ""),
    "no": ("Norwegian", "nob_Latn", ""),
    "pa": ("Punjabi", "pan_Guru", "\u0a05-\u0a39"),
    "pl": ("Polish", "pol_Latn", ""),
    "pt": ("Portuguese", "por_Latn", ""),
    "ro": ("Romanian", "ron_Latn", ""),
    "ru": ("Russian", "rus_Cyrl", _CYRILLIC),
    "si": ("Sinhala", "sin_Sinh", "\u0d85-\u0dc6"),
    "sk": ("Slovak", "slk_Latn", ""),
    "sl": ("Slovenian", "slv_Latn", ""),
    "sv": ("Swedish", "swe_Latn", ""),
    "sw": ("Swahili", "swh_Latn", ""),
    "ta": ("Tamil", "tam_Taml", "\u0b85-\u0bb9"),
    "te": ("Telugu", "tel_Telu", "\u0c05-\u0c39"),
    "th": ("Thai", "tha_Thai", "\u0e01-\u0e30"),
    "tr": ("Turkish", "tur_Latn", ""),
    "uk": ("Ukrainian", "ukr_Cyrl", _CYRILLIC),
    "ur": ("Urdu", "urd_Arab", _ARABIC),
    "vi": ("Vietnamese", "vie_Latn", ""),
    "zh": ("Chinese", "zho_Hans", _HAN),
}
_LONGEST_CODE = 3
_TAG = re.compile(r"([a-z]{2,3})(?:[-_]([a-z]{4}))?(?:[-_]([a-z]{2}|[0-9]{3}))?")
"""Language, script and region, as in BCP 47; NLLB's codes have the first two, mBART's the first and last."""

_CODE = re.compile(r"([a-z]{1,3}|[A-Z]{1,3})([-_.][A-Za-z0-9]+)+")
"""What is no name, unlike ``Ho-Chunk``."""

_OTHER_SCRIPT = {"pa": ("pk",), "zh": ("hk", "mo", "tw")}
"""Regions that write a language in another script than the one above."""


@dataclass(frozen=True)
class Language:
    """A language, as far as it is known here.

    :param code: Its two-letter code, or its name where it is not known.
    :param name: Its English name.
    :param nllb: Its code in NLLB's vocabulary; empty if unknown.
    :param letters: Its script, as the inside of a regular expression's brackets; empty where that is
        Latin or unknown.
    """

    code: str
    name: str
    nllb: str = ""
    letters: str = ""

    def wrote(self, text: str) -> bool:
        """Tell whether a text holds a letter of the language's script; any will do if there is none."""
        return not self.letters or re.search(f"[{self.letters}]", text) is not None


@dataclass(frozen=True)
class Languages:
    """The language of the texts, and the one they are translated into."""

    source: Language
    target: Language


def find_language(given: str) -> Language:
    """Find a language by code or by English name.

    :param given: Such as ``ko``, ``ko-KR``, ``kor_Hang`` or ``Korean``; a name that is not known is taken
        as it is.
    :return: The language; a region is left out.
    :raises SpecError: If it looks like a code and is not known, or is of another script.
    """
    wanted = given.strip().casefold()
    tag = _TAG.fullmatch(wanted)
    for code, (name, nllb, letters) in _KNOWN.items():
        if wanted == name.casefold() or (tag and _stands_for(tag, code, nllb.casefold())):
            return Language(code, name, nllb, letters)
    if len(wanted) <= _LONGEST_CODE or tag or _CODE.fullmatch(given.strip()):
        raise SpecError(
            f"language {given!r} is unknown; give its English name, or one of: {', '.join(_KNOWN)}"
        )
    return Language(given.strip(), given.strip())


def _stands_for(tag: re.Match[str], code: str, nllb: str) -> bool:
    language, script, region = tag.groups()
    if language not in (code, nllb.partition("_")[0]):
        return False
    return script == nllb.partition("_")[2] if script else region not in _OTHER_SCRIPT.get(code, ())


def find_languages(source: str, target: str) -> Languages:
    """Find both languages.

    :param source: Code or name.
    :param target: Code or name.
    :return: Both.
    :raises SpecError: If one is unknown, or they are the same.
    """
    languages = Languages(find_language(source), find_language(target))
    if languages.source == languages.target:
        raise SpecError(
            f"source and target language are both {source}; choose two with --source-language and --to"
        )
    return languages

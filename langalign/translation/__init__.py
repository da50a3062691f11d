"""Step 0: pairs are made by translating, and no answer is paid for twice.

Nothing heavy is imported before it is used; each name below is loaded on first access.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langalign.translation._build import build
    from langalign.translation._estimate import Estimate, estimate
    from langalign.translation._languages import find_languages
    from langalign.translation._prices import Prices
    from langalign.translation._translate import Translated, translate
    from langalign.translation._tune import tune_translator
    from langalign.translation._tune_options import TuneOptions
    from langalign.translation._tuned import TunedTranslator

__all__ = [
    "Estimate",
    "Prices",
    "Translated",
    "TuneOptions",
    "TunedTranslator",
    "build",
    "estimate",
    "find_languages",
    "translate",
    "tune_translator",
]

_HOMES = {
    "Estimate": "_estimate",
    "Prices": "_prices",
    "Translated": "_translate",
    "TuneOptions": "_tune_options",
    "TunedTranslator": "_tuned",
    "build": "_build",
    "estimate": "_estimate",
    "find_languages": "_languages",
    "translate": "_translate",
    "tune_translator": "_tune",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

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
    from langalign.translation._memory import MEMORY
    from langalign.translation._pairs_file import check_ending, check_fits, write_pairs
    from langalign.translation._prices import Prices, known_prices
    from langalign.translation._translate import Translated, translate
    from langalign.translation._tune import tune_translator
    from langalign.translation._tune_options import TuneOptions
    from langalign.translation._tuned import TunedTranslator

__all__ = [
    "MEMORY",
    "Estimate",
    "Prices",
    "Translated",
    "TuneOptions",
    "TunedTranslator",
    "build",
    "check_ending",
    "check_fits",
    "estimate",
    "find_languages",
    "known_prices",
    "translate",
    "tune_translator",
    "write_pairs",
]

_HOMES = {
    "MEMORY": "_memory",
    "Estimate": "_estimate",
    "Prices": "_prices",
    "Translated": "_translate",
    "TuneOptions": "_tune_options",
    "TunedTranslator": "_tuned",
    "build": "_build",
    "check_ending": "_pairs_file",
    "check_fits": "_pairs_file",
    "estimate": "_estimate",
    "find_languages": "_languages",
    "known_prices": "_prices",
    "translate": "_translate",
    "tune_translator": "_tune",
    "write_pairs": "_pairs_file",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

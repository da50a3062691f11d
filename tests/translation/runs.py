"""Runs against the server of a test."""

from __future__ import annotations

from pathlib import Path

from langalign.translation import Prices, Translated, translate

QUICK = "openai:small[backoff=0.001,timeout=1]"
PRICES = Prices(1.0, 2.0)
TEXTS = [f"This is sentence number {number}." for number in range(40)]
TROUBLES = ("busy", "error", "drop", "slow", "broken", "empty")


def run(texts: list[str], memory: Path, **more: object) -> Translated:
    return translate(texts, QUICK, **{"to": "ko", "memory": memory, "prices": PRICES, **more})

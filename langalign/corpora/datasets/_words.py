"""The words that labels are given in, and how publishers spell them."""

from __future__ import annotations

SENTIMENT = ("negative", "positive")
UNLABELLED = ("", "-")
NLI = ("entailment", "neutral", "contradiction")

SENTIMENT_WORDS = {"0": "negative", "1": "positive", "negative": "negative", "positive": "positive"}
NLI_WORDS = {word: word for word in NLI}

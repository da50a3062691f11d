"""The bundled sample of reviews, the same in four languages."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._sample import LANGUAGES, SPLITS, SampleDataset
from langalign.corpora.datasets._words import SENTIMENT, SENTIMENT_WORDS
from langalign.corpora.datasets.base import Card


class SampleSentiment(SampleDataset):
    """Read the reviews that come with langalign, with no other file needed."""

    card = Card(
        title="langalign sample, reviews",
        licence="Apache-2.0",
        citation="written for langalign",
        source="langalign/corpora/datasets/sentiment.tsv",
        task="sentiment",
        languages=LANGUAGES,
        splits=SPLITS,
        labels=SENTIMENT,
    )
    resource = "sentiment.tsv"
    columns: ClassVar = {"label": ("label",), **{language: (language,) for language in LANGUAGES}}
    by_language: ClassVar = {"text": "{}", "label": "label"}
    words = SENTIMENT_WORDS

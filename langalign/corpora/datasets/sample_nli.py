"""The bundled sample of premises and hypotheses, the same in four languages."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._sample import LANGUAGES, ROLES, SPLITS, SampleDataset
from langalign.corpora.datasets._words import NLI, NLI_WORDS
from langalign.corpora.datasets.base import Card


class SampleNli(SampleDataset):
    """Read the sentence pairs that come with langalign, with no other file needed."""

    card = Card(
        title="langalign sample, natural language inference",
        licence="Apache-2.0",
        citation="written for langalign",
        source="langalign/corpora/datasets/nli.tsv",
        task="nli",
        languages=LANGUAGES,
        splits=SPLITS,
        labels=NLI,
    )
    resource = "nli.tsv"
    columns: ClassVar = {
        "label": ("label",),
        **{f"{role}.{language}": (f"{role}.{language}",) for language in LANGUAGES for role in ROLES},
    }
    by_language: ClassVar = {"premise": "premise.{}", "hypothesis": "hypothesis.{}", "label": "label"}
    words = NLI_WORDS

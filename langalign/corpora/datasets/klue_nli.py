"""KLUE-NLI: Korean sentence pairs, written in Korean."""

from __future__ import annotations

from typing import ClassVar

from langalign.corpora.datasets._published import PublishedDataset
from langalign.corpora.datasets._words import NLI, NLI_WORDS
from langalign.corpora.datasets.base import Card


class KlueNli(PublishedDataset):
    """Read the publisher's ``klue-nli-v1.1_train.json`` and ``klue-nli-v1.1_dev.json``.

    The labels of the test split are not public.
    """

    card = Card(
        title="Korean Language Understanding Evaluation, natural language inference",
        licence="CC BY-SA 4.0",
        citation="Park et al. (2021), KLUE: Korean Language Understanding Evaluation, NeurIPS Datasets and "
        "Benchmarks",
        source="https://github.com/KLUE-benchmark/KLUE",
        task="nli",
        languages=("ko",),
        splits=("train", "dev"),
        labels=NLI,
    )
    folders = ("klue-nli", "klue-nli-v1.1", "klue_benchmark/klue-nli-v1.1")
    files: ClassVar = {"train": ("klue-nli-v1.1_train.json",), "dev": ("klue-nli-v1.1_dev.json",)}
    hub: ClassVar = {"train": "klue/klue:nli:train", "dev": "klue/klue:nli:validation"}
    columns: ClassVar = {
        "premise": ("premise",),
        "hypothesis": ("hypothesis",),
        "label": ("gold_label", "label"),
    }
    words = NLI_WORDS

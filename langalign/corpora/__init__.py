"""Reading texts: files of many forms, registered datasets, and the Hugging Face hub."""

from __future__ import annotations

from langalign.corpora.base import Corpus, PairedCorpus, ReadOptions
from langalign.corpora.reading import read_pairs, read_texts

__all__ = ["Corpus", "PairedCorpus", "ReadOptions", "read_pairs", "read_texts"]

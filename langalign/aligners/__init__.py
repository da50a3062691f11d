"""Vector → vector: each file is one kind of aligner."""

from __future__ import annotations

from langalign.aligners._folder import SavedAligner, load_aligner, save_aligner
from langalign.aligners._pairs import FittedPairs, fit_pairs

__all__ = ["FittedPairs", "SavedAligner", "fit_pairs", "load_aligner", "save_aligner"]

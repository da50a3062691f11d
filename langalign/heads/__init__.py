"""Vector → label: task heads that train on stored vectors."""

from __future__ import annotations

from langalign.heads._bootstrap import bootstrap_interval, paired_significance
from langalign.heads._characters import Characters
from langalign.heads._cotrain import cotrain_head
from langalign.heads._evaluate import evaluate_head
from langalign.heads._features import Features, combine
from langalign.heads._fit import FittedHead, fit_head
from langalign.heads._folder import SavedHead, load_head, save_head
from langalign.heads._metrics import classification_figures, regression_figures

__all__ = [
    "Characters",
    "Features",
    "FittedHead",
    "SavedHead",
    "bootstrap_interval",
    "classification_figures",
    "combine",
    "cotrain_head",
    "evaluate_head",
    "fit_head",
    "load_head",
    "paired_significance",
    "regression_figures",
    "save_head",
]

"""Loads a sequence-to-sequence model and its tokenizer; imported only when one is needed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import transformers
from torch import Tensor

from langalign.checkpoint import Checkpoint
from langalign.checkpoint_loading import load_tokenizer, load_weights
from langalign.training.memory import placed


def load_seq2seq(checkpoint: Checkpoint, device: str, dtype: str = "float32") -> tuple[Any, Any]:
    """Load both.

    :param checkpoint: Where they lie.
    :param device: A torch device.
    :param dtype: Number format of the weights.
    :return: The model, in evaluation mode, and its tokenizer.
    :raises SpecError: If they cannot be loaded, weights are missing, or the model does not generate.
    """
    tokenizer = load_tokenizer(checkpoint, trust_remote_code=False)
    model = load_weights(transformers.AutoModelForSeq2SeqLM, checkpoint, dtype=getattr(torch, dtype))
    return placed(model, device).eval(), tokenizer


def padded(rows: Sequence[Sequence[int]], filler: int) -> Tensor:
    """Put rows of unlike lengths into one tensor.

    :param rows: ``N`` rows of ids.
    :param filler: What the shorter ones are filled up with, at the end.
    :return: Shape: ``(N, longest)``.
    """
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[filler] * (longest - len(row))] for row in rows])

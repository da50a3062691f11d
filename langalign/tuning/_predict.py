"""Predicts with a tuned encoder and the head that was trained along, as the ordinary procedure does."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from langalign import registry
from langalign.errors import DataError
from langalign.paths import user_path
from langalign.tuning._folder import load_head, read_record
from langalign.types import Progress, Text

BLOCK_TEXTS = 1024


def predict_labels(
    folder: Path | str,
    texts: Sequence[Text],
    *,
    device: str = "auto",
    progress: Progress | None = None,
) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Tell how probable each class is, by language model and head as they were tuned together.

    :param folder: What :func:`~langalign.tuning.tune_encoder` wrote.
    :param texts: ``N`` texts, or sentence pairs if it was tuned on pairs.
    :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``.
    :param progress: Is told texts done and in all.
    :return: Probabilities, shape ``(N, K)``, and the ``K`` class names in their order.
    :raises DataError: If the folder holds no tuned encoder, or one tuned without labels.
    :raises DamageError: If its files are not what was written.
    """
    import torch

    folder = user_path(folder)
    record, _ = read_record(folder)
    classes = tuple(record["labels"])
    if not classes:
        raise DataError(
            f"{folder} was tuned by {record['run']['method']}, without labels, so it has no head to predict "
            "with; use fit-head on its vectors"
        )
    head = load_head(folder, len(classes))
    encoder = registry.get("encoders", "transformers")(
        str(folder), **record["encoder_options"], device=device
    )
    probabilities = np.empty((len(texts), len(classes)))
    for start in range(0, len(texts), BLOCK_TEXTS):
        block = slice(start, min(start + BLOCK_TEXTS, len(texts)))
        vectors = torch.from_numpy(encoder.embed(encoder.tokenize(texts[block])[0]))  # (n, D)
        with torch.inference_mode():
            probabilities[block] = head(vectors).double().softmax(dim=1).numpy()
        if progress:
            progress(block.stop, len(texts))
    return probabilities, classes

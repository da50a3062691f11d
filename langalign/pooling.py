"""Padding of texts that a transformer is run on, and the mean of what it gives for them.

Shared by the encoder and by tuning, which must agree on both: a text's vector is to be the one that was
tuned.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def pad(ids: Sequence[NDArray[Any]], pad_id: int) -> tuple[Tensor, Tensor]:
    """Pad texts to the longest of them.

    A text without any token, as tokenizers without special ones give, is one ``pad_id`` that is seen:
    transformers cannot be run on nothing.

    :param ids: ``N`` arrays: ids, and whatever other inputs there are. Shape of each: ``(inputs, L)``.
    :param pad_id: What ids are padded with; other inputs are padded with 0.
    :return: The inputs, shape ``(inputs, N, longest)``, and the mask, shape ``(N, longest)``.
    """
    lengths = [max(1, item.shape[1]) for item in ids]
    block = np.zeros((len(ids[0]), len(ids), max(lengths)), np.int64)
    block[0] = pad_id
    mask = np.zeros(block.shape[1:], np.int64)
    for row, (item, length) in enumerate(zip(ids, lengths, strict=True)):
        block[:, row, : item.shape[1]] = item
        mask[row, :length] = 1
    return torch.from_numpy(block), torch.from_numpy(mask)


def masked_mean(hidden: Tensor, mask: Tensor) -> Tensor:
    """Average the hidden states of each text's own tokens.

    :param hidden: Shape: ``(N, L, D)``.
    :param mask: From :func:`pad`. Shape: ``(N, L)``.
    :return: Shape: ``(N, D)``, in the number format of ``hidden``.
    """
    weights = mask.unsqueeze(2).to(hidden.dtype)
    return (hidden * weights).sum(1) / weights.sum(1)

"""Batches of token ids with next to no padding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from langalign.pooling import pad
from langalign.training.rows import cut

Indices = NDArray[np.int64]

POOL_BATCHES = 50
"""Batches' worth of rows, drawn by chance, that are sorted by length together."""

_INPUTS = ("input_ids", "token_type_ids")


@dataclass(frozen=True)
class Batch:
    """What a network is run on.

    :param inputs: ``input_ids``, ``attention_mask``, and what else the model takes. Shapes: ``(B, L)``.
    :param codes: Numbers of the right classes, shape ``(B,)``; None without labels.
    """

    inputs: dict[str, Tensor]
    codes: Tensor | None


@dataclass(frozen=True)
class Examples:
    """Tokenised texts.

    :param ids: One array for each text: ids, and token types where there are any. Shape: ``(inputs, L)``.
    :param lengths: Tokens of each text. Shape: ``(N,)``.
    :param codes: Numbers of the right classes, shape ``(N,)``; None without labels.
    :param pad_id: What ids are padded with.
    """

    ids: Sequence[NDArray[Any]]
    lengths: Indices
    codes: Indices | None
    pad_id: int

    def __len__(self) -> int:
        """Tell the number of texts, ``N``."""
        return len(self.ids)

    def pick(self, rows: Indices) -> Examples:
        """Keep some rows.

        :param rows: Their numbers. Shape: ``(n,)``.
        :return: These, in this order.
        """
        codes = None if self.codes is None else self.codes[rows]
        return Examples([self.ids[row] for row in rows], self.lengths[rows], codes, self.pad_id)

    def batch(self, rows: Indices, device: str) -> Batch:
        """Pad rows to the longest of them.

        :param rows: Their numbers. Shape: ``(B,)``.
        :param device: Where the batch shall be.
        :return: The batch.
        """
        names = _INPUTS[: len(self.ids[rows[0]])]
        block, mask = pad([self.ids[row] for row in rows], self.pad_id)
        inputs = dict(zip((*names, "attention_mask"), (*block, mask), strict=True))
        codes = None if self.codes is None else torch.from_numpy(self.codes[rows]).to(device)
        return Batch({name: value.to(device) for name, value in inputs.items()}, codes)


def shuffled(lengths: Indices, batch_size: int, seed: int, epoch: int) -> list[Indices]:
    """Cut an epoch's rows into batches of like lengths, in an order of chance.

    The order depends on seed and epoch only, so a run that is resumed in the middle of an epoch finds
    the same batches again.

    :param lengths: Tokens of each row. Shape: ``(N,)``.
    :param batch_size: Rows of a batch; one batch may have fewer.
    :param seed: Seed of the order.
    :param epoch: Number of the epoch.
    :return: Row numbers of each batch; together each row once.
    """
    chance = np.random.default_rng([seed, epoch])
    order = chance.permutation(len(lengths))
    batches = []
    for start in range(0, len(order), POOL_BATCHES * batch_size):
        pool = order[start : start + POOL_BATCHES * batch_size]
        batches += cut(pool[np.argsort(lengths[pool], kind="stable")], batch_size)
    return [batches[place] for place in chance.permutation(len(batches))]

"""The two examples of a pair: ``source → target`` and, to keep target vectors in place, ``target → target``.

Giving both is the paper's way (section 3.2).
"""

from __future__ import annotations

import torch

from langalign.training.loop import Examples
from langalign.training.rows import read_tensor
from langalign.types import Rows


def read_examples(source: Rows, target: Rows, keep_target: bool) -> Examples:
    """Read the examples into memory.

    :param source: Shape: ``(P, D)``.
    :param target: Shape: ``(P, E)``.
    :param keep_target: Whether each pair gives both examples.
    :return: All ``source → target``, then all ``target → target``.
    """
    inputs, targets = read_tensor(source), read_tensor(target)
    if keep_target:
        return Examples(torch.cat([inputs, targets]), torch.cat([targets, targets]))
    return Examples(inputs, targets)

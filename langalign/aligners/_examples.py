"""The two examples of a pair: ``source → target`` and, to keep target vectors in place, ``target → target``.

Giving both is the paper's way (section 3.2). Every aligner learns from them through this file.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch

from langalign.training.loop import Examples
from langalign.training.rows import blocks, read_tensor
from langalign.types import Rows, Vectors


def example_blocks(source: Rows, target: Rows, keep_target: bool) -> Iterator[tuple[Vectors, Vectors, int]]:
    """Read the examples block by block.

    :param source: Shape: ``(P, D)``.
    :param target: Shape: ``(P, E)``.
    :param keep_target: Whether each pair gives both examples.
    :yield: Inputs ``(n, D)``, their targets ``(n, E)``, and how many pairs are finished with them.
    """
    for block in blocks(source):
        targets = target[block]
        yield source[block], targets, block.stop
        if keep_target:
            yield targets, targets, block.stop


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

"""Seeds torch for one piece of work, and leaves the caller's random state as it was."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch

from langalign.training.device import resolve_device


@contextmanager
def seeded(seed: int, device: str = "cpu") -> Iterator[None]:
    """Let torch's default generators start at a seed, and put them back at the end.

    :param seed: The seed; the same seed on the same device draws the same numbers.
    :param device: The device that is used within: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``.
    :yield: Nothing.
    """
    device = resolve_device(device)
    with torch.random.fork_rng(devices=[] if device == "cpu" else [device]):
        torch.manual_seed(seed)
        yield

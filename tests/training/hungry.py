"""Models that find no memory: as a GPU says it, and by asking this machine for more than there is."""

from __future__ import annotations

import torch
from torch import nn

HUNGER = {
    "gpu-forward": "CUDA out of memory. Tried to allocate 2.00 GiB",
    "gpu-backward": "CUDA out of memory. Tried to allocate 2.00 GiB",
    "cpu": "can't allocate memory: you tried to allocate 144115188075855872 bytes",
}
"""Where memory ends, and what torch says."""


def hungry(model: nn.Module, where: str) -> nn.Module:
    """Let memory end where a model is run, or where its gradient is taken."""

    def ask(*_: object) -> None:
        if where == "cpu":
            torch.empty(2**55)
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 is full.")

    if where == "gpu-backward":
        next(model.parameters()).register_hook(ask)
    else:
        model.register_forward_pre_hook(ask)
    return model

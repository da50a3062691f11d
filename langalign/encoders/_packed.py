"""Runs a model's linear layers through oneDNN, with weights laid out for it once.

Nine tenths of a small model's time is spent in them. torch hands float32 products to MKL, which on
processors that are not Intel's reaches about 85 % of oneDNN's speed, and lays out bfloat16 weights anew
at each call. The two operators are those that ``torch.compile`` puts in; without them nothing changes.
"""

from __future__ import annotations

from typing import Any, cast

import torch
from torch import Tensor, nn

_BATCH = 512
"""Rows that the layout is chosen for; any number works."""


class PackedLinear(nn.Module):
    """Does what the ``nn.Linear`` it was made from does: ``x Wᵀ + b``. For inference only."""

    weight: Tensor

    def __init__(self, linear: nn.Linear) -> None:
        """Lay out the weights.

        :param linear: A layer on the CPU.
        """
        super().__init__()
        packed = torch.ops.mkldnn._reorder_linear_weight(linear.weight.detach(), _BATCH)
        self.register_buffer("weight", packed, persistent=False)
        self.bias = linear.bias

    def forward(self, inputs: Tensor) -> Tensor:
        """Apply the layer.

        :param inputs: Shape: ``(..., inputs)``.
        :return: Shape: ``(..., outputs)``.
        """
        outputs: Tensor = torch.ops.mkldnn._linear_pointwise(inputs, self.weight, self.bias, "none", [], "")
        return outputs


def pack_linear(model: nn.Module) -> None:
    """Replace a model's linear layers, in place, where that is possible.

    :param model: A model on the CPU, in evaluation mode.
    """
    if not _supported(next(model.parameters()).dtype):
        return
    with torch.inference_mode():
        for parent in list(model.modules()):
            for name, child in parent.named_children():
                if type(child) is nn.Linear:  # a subclass may do more
                    setattr(parent, name, PackedLinear(child))


def _supported(dtype: torch.dtype) -> bool:
    """Tell whether this build and processor have the operators for a number format."""
    operators, backend = torch.ops.mkldnn, cast(Any, torch.backends.mkldnn)
    if not backend.is_available() or not hasattr(operators, "_linear_pointwise"):
        return False
    return dtype == torch.float32 or (dtype == torch.bfloat16 and operators._is_mkldnn_bf16_supported())

"""RoBERTa head: of the same form as the language model's own classification head."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from langalign.heads._network import NetworkHead
from langalign.option_checks import require_share


@dataclass(kw_only=True)
class RobertaHead(NetworkHead):
    """Computes ``W₂ tanh(W₁ x + b₁) + b₂`` with ``W₁`` of shape ``(D, D)``.

    Layers and dropout as in ``RobertaClassificationHead`` of `transformers`_, which XLM-R shares.

    .. _transformers: https://github.com/huggingface/transformers
    """

    dropout: float = 0.1
    """Share of values dropped in training, before each layer."""

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        require_share("dropout", self.dropout)

    def _build(self, width: int, outputs: int) -> nn.Module:
        return nn.Sequential(
            nn.Dropout(self.dropout),
            nn.Linear(width, width),
            nn.Tanh(),
            nn.Dropout(self.dropout),
            nn.Linear(width, outputs),
        )

"""MLP head: one hidden layer."""

from __future__ import annotations

from dataclasses import dataclass

from torch import nn

from langalign.heads._network import NetworkHead
from langalign.option_checks import require_least, require_share


@dataclass(kw_only=True)
class MlpHead(NetworkHead):
    """Bends once: ``W₂ relu(W₁ x + b₁) + b₂``, with dropout before each layer."""

    hidden: int = 256
    """Width of the hidden layer."""
    dropout: float = 0.3
    """Share of values dropped in training."""

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        require_least("hidden", self.hidden, 1)
        require_share("dropout", self.dropout)

    def _build(self, width: int, outputs: int) -> nn.Module:
        return nn.Sequential(
            nn.Dropout(self.dropout),
            nn.Linear(width, self.hidden),
            nn.ReLU(),
            nn.Dropout(self.dropout),
            nn.Linear(self.hidden, outputs),
        )

"""FC aligner: the paper's fully connected network."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from langalign.aligners._network import LISTING, PAPER, NetworkAligner
from langalign.option_checks import require_least, require_share
from langalign.types import Option


@dataclass(kw_only=True)
class FcAligner(NetworkAligner):
    """Bends vectors through five hidden layers, as the paper's listing does.

    ``D → 2h → h → h/2 → h → 2h → E`` with ``h = hidden_width``, ReLU after each layer but the last, and
    one dropout module after the 1st, 2nd and 4th activation. In the saved weights the six layers are
    ``0``, ``3``, ``6``, ``8``, ``11`` and ``13``, each with ``weight`` and ``bias``.
    """

    hidden_width: int = 512
    """``h``."""

    dropout: float = 0.1
    """Share of activations dropped in training. At the paper's 0.5 sentences are hard to tell apart
    afterwards: retrieval suffers far more than the mean cosine shows."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {
        "default": {},
        "paper": {**PAPER, "dropout": 0.5},
        "listing": {**LISTING, "dropout": 0.5},
    }

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        require_least("hidden_width", self.hidden_width, 2)  # h/2 must leave a unit
        require_share("dropout", self.dropout)

    def _build(self, source_width: int, target_width: int) -> nn.Module:
        width, dropout = self.hidden_width, nn.Dropout(self.dropout)
        return nn.Sequential(
            nn.Linear(source_width, 2 * width),  # (B, D) → (B, 2h)
            nn.ReLU(),
            dropout,
            nn.Linear(2 * width, width),  # (B, h)
            nn.ReLU(),
            dropout,
            nn.Linear(width, width // 2),  # (B, h/2)
            nn.ReLU(),
            nn.Linear(width // 2, width),  # (B, h)
            nn.ReLU(),
            dropout,
            nn.Linear(width, 2 * width),  # (B, 2h)
            nn.ReLU(),
            nn.Linear(2 * width, target_width),  # (B, E)
        )

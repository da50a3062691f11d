"""AE aligner: the paper's autoencoder."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from torch import nn

from langalign.aligners._network import LISTING, PAPER, NetworkAligner
from langalign.option_checks import require_least
from langalign.types import Option


@dataclass(kw_only=True)
class AeAligner(NetworkAligner):
    """Squeezes vectors through a narrow layer and unfolds them on the target's side.

    The paper's listing: an encoder ``D → h → h/2 → h/4`` with ReLU after each layer and a decoder
    ``h/4 → h/2 → h → E`` with ReLU after each but the last; ``h = hidden_width``. In the saved weights the
    layers are ``encoder.0``, ``encoder.2``, ``encoder.4``, ``decoder.0``, ``decoder.2`` and
    ``decoder.4``, each with ``weight`` and ``bias``.
    """

    hidden_width: int = 512
    """``h``."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {
        "default": {},
        "paper": PAPER,
        "listing": LISTING,
    }

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        require_least("hidden_width", self.hidden_width, 4)  # h/4 must leave a unit

    def _build(self, source_width: int, target_width: int) -> nn.Module:
        width = self.hidden_width
        encoder = nn.Sequential(
            nn.Linear(source_width, width),  # (B, D) → (B, h)
            nn.ReLU(),
            nn.Linear(width, width // 2),  # (B, h/2)
            nn.ReLU(),
            nn.Linear(width // 2, width // 4),  # (B, h/4)
            nn.ReLU(),
        )
        decoder = nn.Sequential(
            nn.Linear(width // 4, width // 2),  # (B, h/2)
            nn.ReLU(),
            nn.Linear(width // 2, width),  # (B, h)
            nn.ReLU(),
            nn.Linear(width, target_width),  # (B, E)
        )
        return nn.Sequential(OrderedDict(encoder=encoder, decoder=decoder))

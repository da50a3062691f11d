"""SimCSE without labels: a text is to find itself among others, seen through other dropout."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from langalign.errors import SpecError
from langalign.option_checks import require_positive
from langalign.tuning.base import Tuner
from langalign.types import Option

if TYPE_CHECKING:
    from torch import Tensor

    from langalign.tuning._batches import Batch
    from langalign.tuning._network import Network


@dataclass(kw_only=True)
class SimcseTuner(Tuner):
    """Minimises ``−log( exp(cos(h_i, h′_i) / τ) / Σ_j exp(cos(h_i, h′_j) / τ) )``.

    ``h_i`` and ``h′_i`` are vectors of text ``i`` under two dropout masks, and ``j`` runs over the batch:
    unsupervised SimCSE (`Gao et al., 2021`_), without the extra layer that its authors train and throw
    away. ``paper`` has the figures of the LangAlign paper's baseline, which runs all its epochs.

    .. _Gao et al., 2021: https://arxiv.org/abs/2104.08821
    """

    learning_rate: float = 1e-5
    """Highest rate of AdamW."""

    batch_size: int = 64
    """Texts that each text is told apart from in one update, itself among them."""

    epochs: int = 1
    """The most passes over the rows."""

    temperature: float = 0.05
    """What cosines are divided by, ``τ``."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {
        "default": {},
        "paper": {
            "learning_rate": 1e-5,
            "schedule": "constant",
            "warmup": 0.0,
            "batch_size": 16,
            "epochs": 10,
            "patience": 10,
            "pooling": "cls",
            "max_length": 256,
        },
    }

    labelled: ClassVar[bool] = False

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        require_positive("temperature", self.temperature)
        if self.batch_size < 2:
            raise SpecError(
                f"batch_size={self.batch_size} leaves no other text to tell apart; give 2 or more"
            )
        if self.accumulate != 1:
            raise SpecError(
                f"accumulate={self.accumulate} would compare texts within a piece only; leave it at 1 and "
                "choose a smaller batch_size"
            )

    def build(self, backbone: Any, classes: int) -> Network:
        """Take the transformer as it is.

        :param backbone: A transformer as ``transformers.AutoModel`` gives it.
        :param classes: Not used.
        :return: The network.
        :raises SpecError: If the model has no dropout, so that a text would be compared with itself.
        """
        from torch import nn

        from langalign.tuning._network import Network

        if not any(isinstance(layer, nn.Dropout) and layer.p > 0 for layer in backbone.modules()):
            raise SpecError(
                "the model drops nothing (all its dropout is 0), and simcse learns from dropout alone; set "
                "hidden_dropout_prob in its config.json"
            )
        return Network(backbone, self.pooling)

    def logits(self, network: Network, batch: Batch) -> tuple[Tensor, Tensor]:
        """Compare each text with all of the batch, seen anew. Shapes: ``(B, B)`` and ``(B,)``."""
        import torch

        # One pass over both halves: each row draws dropout of its own.
        twice = {name: torch.cat([value, value]) for name, value in batch.inputs.items()}
        return compare(network(twice), self.temperature)


def compare(vectors: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Divide the cosines of first and second views by the temperature.

    :param vectors: First views, then second ones in the same order. Shape: ``(2B, D)``.
    :param temperature: ``τ``.
    :return: ``cos(h_i, h′_j) / τ``, shape ``(B, B)``, and ``0 … B−1``, shape ``(B,)``.
    """
    import torch

    first, second = torch.nn.functional.normalize(vectors.float(), dim=1).chunk(2)
    return first @ second.T / temperature, torch.arange(len(first), device=vectors.device)

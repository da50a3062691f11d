"""What tuners with labels share: the transformer is trained together with a task head."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from langalign.tuning.base import Tuner

if TYPE_CHECKING:
    from torch import Tensor

    from langalign.tuning._batches import Batch
    from langalign.tuning._network import Network


@dataclass(kw_only=True)
class ClassifierTuner(Tuner):
    """Trains by cross-entropy of the classes, through a new head of RoBERTa's form."""

    def build(self, backbone: Any, classes: int) -> Network:
        """Put a new head on the transformer, made ready by :meth:`adapt`."""
        from langalign.tuning._network import ClassificationHead, Network

        config = backbone.config
        of_head = getattr(config, "classifier_dropout", None)
        head = ClassificationHead(
            config.hidden_size,
            classes,
            dropout=getattr(config, "hidden_dropout_prob", 0.1) if of_head is None else of_head,
            spread=getattr(config, "initializer_range", 0.02),
        )
        return Network(self.adapt(backbone), self.pooling, head)

    def adapt(self, backbone: Any) -> Any:
        """Choose which of the transformer's weights are trained: all of them.

        :param backbone: A transformer as ``transformers.AutoModel`` gives it.
        :return: The transformer that the network runs.
        """
        return backbone

    def logits(self, network: Network, batch: Batch) -> tuple[Tensor, Tensor]:
        """Score the classes. Shapes: ``(B, K)`` and ``(B,)``."""
        if batch.codes is None:
            raise TypeError(f"{self.name} learns from labels, but the batch has none")
        return network(batch.inputs), batch.codes

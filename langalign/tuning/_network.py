"""What is trained: a transformer, its pooling, and maybe a head."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from langalign.checkpoint_loading import running
from langalign.pooling import masked_mean


class ClassificationHead(nn.Module):
    """Computes ``W₂ tanh(W₁ x + b₁) + b₂`` with dropout before each layer.

    Layers, names and first weights are those of ``RobertaClassificationHead`` in `transformers`_, which
    XLM-R shares; with ``pooling=cls`` it is that model's own head.

    .. _transformers: https://github.com/huggingface/transformers
    """

    def __init__(self, width: int, classes: int, *, dropout: float = 0.0, spread: float = 0.02) -> None:
        """Draw fresh weights.

        :param width: ``D``.
        :param classes: ``K``.
        :param dropout: Share of values dropped in training.
        :param spread: Standard deviation of the weights.
        """
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        self.dense = nn.Linear(width, width)
        self.out_proj = nn.Linear(width, classes)
        for layer in (self.dense, self.out_proj):
            nn.init.normal_(layer.weight, std=spread)
            nn.init.zeros_(layer.bias)

    def forward(self, vectors: Tensor) -> Tensor:
        """Score the classes. Shapes: ``(B, D)`` to ``(B, K)``."""
        hidden = torch.tanh(self.dense(self.dropout(vectors)))
        logits: Tensor = self.out_proj(self.dropout(hidden))
        return logits


class Network(nn.Module):
    """A transformer whose hidden states are pooled to one vector of each text."""

    def __init__(self, backbone: Any, pooling: str, head: ClassificationHead | None = None) -> None:
        """Take the parts.

        :param backbone: A transformer as ``transformers.AutoModel`` gives it.
        :param pooling: ``mean`` or ``cls``, as the ``transformers`` encoder has them.
        :param head: Scores classes of the vectors; None gives the vectors.
        """
        super().__init__()
        self.backbone, self.pooling, self.head = backbone, pooling, head

    def forward(self, inputs: dict[str, Tensor]) -> Tensor:
        """Give the vectors of texts, shape ``(B, D)``, or with a head the logits, shape ``(B, K)``.

        :param inputs: As a :class:`~langalign.tuning._batches.Batch` holds them.
        :return: The head's logits or the vectors.
        :raises SpecError: If the transformer cannot be run.
        """
        with running(self.backbone.name_or_path):
            hidden: Tensor = self.backbone(**inputs).last_hidden_state  # (B, L, D)
        mask = inputs["attention_mask"]
        vectors = hidden[:, 0] if self.pooling == "cls" else masked_mean(hidden, mask)
        return vectors if self.head is None else self.head(vectors)

"""LoRA: small matrices beside some layers are trained, then merged into them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from langalign.errors import MissingExtraError, SpecError, one_line
from langalign.option_checks import require_positive, require_share
from langalign.tuning._classifier import ClassifierTuner
from langalign.types import Option


@dataclass(kw_only=True)
class LoraTuner(ClassifierTuner):
    """Trains ``W + (α / r) B A`` with ``W`` frozen, ``A`` of shape ``(r, in)`` and ``B`` ``(out, r)``.

    From `Hu et al., 2021`_, through ``peft``; the task head is trained whole. ``paper`` has the figures of
    the LangAlign paper's baseline, which names no largest number of epochs.

    .. _Hu et al., 2021: https://arxiv.org/abs/2106.09685
    """

    learning_rate: float = 5e-4
    """Highest rate of AdamW; so few weights take a higher one than a whole transformer."""

    rank: int = 8
    """Rank ``r`` of the product."""

    alpha: int = 8
    """Its weight, ``α``."""

    dropout: float = 0.1
    """Share of the adapters' inputs dropped in training."""

    layers: str = "query,key"
    """Endings of the names of the layers that get an adapter, with commas between."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {
        "default": {},
        "paper": {
            "learning_rate": 1e-5,
            "schedule": "constant",
            "warmup": 0.0,
            "batch_size": 16,
            "epochs": 1000,
            "patience": 10,
            "pooling": "cls",
            "max_length": 256,
        },
    }

    def __post_init__(self) -> None:
        """Check the options."""
        super().__post_init__()
        for name in ("rank", "alpha"):
            require_positive(name, getattr(self, name))
        require_share("dropout", self.dropout)

    def adapt(self, backbone: Any) -> Any:
        """Freeze the transformer and put adapters beside its layers.

        :param backbone: A transformer as ``transformers.AutoModel`` gives it.
        :return: The transformer with adapters.
        :raises MissingExtraError: If ``peft`` is not installed.
        :raises SpecError: If no layer bears such a name.
        """
        try:
            from peft import LoraConfig, LoraModel
        except ImportError as error:
            raise MissingExtraError("--method lora", "peft", "peft") from error
        config = LoraConfig(
            r=self.rank,
            lora_alpha=self.alpha,
            lora_dropout=self.dropout,
            target_modules=[layer.strip() for layer in self.layers.split(",")],
        )
        try:
            return LoraModel(backbone, config, "default")
        except ValueError as error:
            reason = one_line(error)
            raise SpecError(
                f"layers={self.layers} does not suit a {backbone.config.model_type} model ({reason}); name "
                "its linear layers, such as q_lin,k_lin"
            ) from error

    def plain(self, backbone: Any) -> Any:
        """Merge the adapters into the layers and take them away."""
        return backbone.merge_and_unload()

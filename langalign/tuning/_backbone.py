"""The transformer that tuning starts from.

It is found, pinned and tokenised for by the ``transformers`` encoder, reached through the registry, so
that a text becomes the very ids here that the tuned encoder will make of it later.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from langalign import registry
from langalign.types import Option

if TYPE_CHECKING:
    from langalign.tuning.base import Tuner

ENCODER_DEFAULTS: Mapping[str, Option] = {"pooling": "mean", "prefix": "", "max_length": None}
"""Options that a tuner shares with the encoder, and what the encoder takes where a SPEC says nothing."""


def encoder_options(tuner: Tuner) -> dict[str, Option]:
    """Tell the options of an encoder that sees texts as a tuner sees them."""
    return {name: getattr(tuner, name) for name in ENCODER_DEFAULTS}


def find_encoder(model: str, tuner: Tuner, device: str = "cpu") -> Any:
    """Find a model as an encoder.

    :param model: Folder or hub name.
    :param tuner: Tells pooling, prefix and maximum length.
    :param device: Where the encoder would run.
    :return: The encoder; nothing is loaded yet.
    :raises SpecError: If there is no such model, or it cannot be pinned.
    """
    encoder = registry.get("encoders", "transformers")(model, **encoder_options(tuner), device=device)
    _ = encoder.identity, encoder.max_length  # where either is wrong, it is said now
    return encoder


def load_backbone(encoder: Any) -> Any:
    """Load the transformer in single precision, without its pooler, which is not tuned.

    :param encoder: From :func:`find_encoder`.
    :return: A model as ``transformers.AutoModel`` gives it, on the CPU.
    :raises SpecError: If it cannot be loaded, or weights are missing.
    """
    import transformers

    from langalign.checkpoint_loading import load_weights

    model = load_weights(transformers.AutoModel, encoder.checkpoint, optional=("pooler",))
    if getattr(model, "pooler", None) is not None:
        model.pooler = None
    return model.float()

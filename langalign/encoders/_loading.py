"""Loads encoders of ``transformers``; imported only when one is needed."""

from __future__ import annotations

from typing import Any

import transformers

from langalign.checkpoint import Checkpoint
from langalign.checkpoint_loading import load_weights


def load_model(checkpoint: Checkpoint, trust_remote_code: bool, needs_pooler: bool) -> Any:
    """Load a checkpoint's encoder in evaluation mode.

    :param checkpoint: Where it lies.
    :param trust_remote_code: Run code that comes with it.
    :param needs_pooler: Whether the pooler's weights must be there.
    :return: The model, on the CPU, in the number format it was saved in.
    :raises SpecError: If it cannot be loaded, or weights are missing.
    """
    optional = () if needs_pooler else ("pooler",)
    return load_weights(
        transformers.AutoModel, checkpoint, optional=optional, trust_remote_code=trust_remote_code
    ).eval()

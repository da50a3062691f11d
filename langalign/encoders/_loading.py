"""Loads encoders of ``transformers``; imported only when one is needed."""

from __future__ import annotations

from typing import Any

import transformers

from langalign.checkpoint import Checkpoint
from langalign.checkpoint_loading import plainly
from langalign.errors import SpecError


def load_model(checkpoint: Checkpoint, trust_remote_code: bool, needs_pooler: bool) -> Any:
    """Load a checkpoint's encoder in evaluation mode.

    :param checkpoint: Where it lies.
    :param trust_remote_code: Run code that comes with it.
    :param needs_pooler: Whether the pooler's weights must be there.
    :return: The model, on the CPU, in the number format it was saved in.
    :raises SpecError: If it cannot be loaded, or weights are missing.
    """
    with plainly(checkpoint, "model"):
        model, told = transformers.AutoModel.from_pretrained(
            checkpoint.source,
            revision=checkpoint.commit,
            trust_remote_code=trust_remote_code,
            use_safetensors=True,
            output_loading_info=True,
        )
    # transformers fills what is missing with random numbers and only warns.
    missing = sorted(key for key in told["missing_keys"] if needs_pooler or "pooler" not in key)
    if missing:
        raise SpecError(
            f"{checkpoint.source} lacks {len(missing)} weights that are needed, such as {missing[0]}; "
            + ("use pooling=mean or cls" if "pooler" in missing[0] else "fetch or save the model again")
        )
    return model.eval()

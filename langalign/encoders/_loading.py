"""Loads tokenizers and models of ``transformers``; imported only when one is needed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
import transformers
from safetensors import SafetensorError

from langalign.encoders._checkpoint import Checkpoint
from langalign.errors import SpecError

_LOGGING: Any = transformers.utils.logging
_FAILURES = (OSError, ValueError, ImportError, RuntimeError, SafetensorError)


def load_tokenizer(checkpoint: Checkpoint, trust_remote_code: bool) -> Any:
    """Load a checkpoint's tokenizer.

    :param checkpoint: Where it lies.
    :param trust_remote_code: Run code that comes with it.
    :return: The tokenizer.
    :raises SpecError: If it cannot be loaded.
    """
    with plainly(checkpoint, "tokenizer"):
        return transformers.AutoTokenizer.from_pretrained(
            checkpoint.source, revision=checkpoint.commit, trust_remote_code=trust_remote_code
        )


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


def resolve_device(device: str) -> torch.device:
    """Turn ``auto`` into the device there is.

    :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``.
    :return: The torch device.
    :raises SpecError: If it is no device, or is not there.
    """
    count = torch.cuda.device_count()
    if device == "auto":
        return torch.device("cuda" if count else "cpu")
    try:
        resolved = torch.device(device)
    except RuntimeError as error:
        raise SpecError(f"device {device!r} is unknown; choose auto, cpu, cuda or cuda:i") from error
    if resolved.type == "cuda" and (resolved.index or 0) >= count:
        raise SpecError(
            f"device {device!r} was asked for, but {count} CUDA devices are here; use --device cpu"
        )
    return resolved


@contextmanager
def plainly(checkpoint: Checkpoint, what: str) -> Iterator[None]:
    """Keep transformers' bars and reports off the terminal, and make its failures one line.

    :param checkpoint: What is loaded.
    :param what: The part of it that is loaded.
    :yield: Nothing; load within.
    :raises SpecError: If loading fails.
    """
    verbosity, bars = _LOGGING.get_verbosity(), _LOGGING.is_progress_bar_enabled()
    _LOGGING.set_verbosity_error()
    _LOGGING.disable_progress_bar()
    try:
        yield
    except _FAILURES as error:
        reason = " ".join(str(error).split())[:300]
        raise SpecError(f"the {what} of {checkpoint.source} cannot be loaded: {reason}") from error
    finally:
        _LOGGING.set_verbosity(verbosity)
        if bars:
            _LOGGING.enable_progress_bar()

"""Loads what ``transformers`` reads, without its bars and reports; imported only when a model is needed."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import transformers

from langalign.checkpoint import Checkpoint
from langalign.errors import LangalignError, SpecError, one_line
from langalign.training.memory import enough_memory, memory_ended

_LOGGING: Any = transformers.utils.logging


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


def load_weights(
    auto_class: Any, checkpoint: Checkpoint, *, optional: Sequence[str] = (), **options: Any
) -> Any:
    """Load a model, all of whose weights must be there.

    :param auto_class: One of transformers' classes that find the model's own, such as ``AutoModel``.
    :param checkpoint: Where it lies.
    :param optional: A weight whose name has one of these in it may be missing.
    :param **options: What else ``from_pretrained`` takes.
    :return: The model, on the CPU.
    :raises SpecError: If it cannot be loaded, or weights are missing.
    """
    with plainly(checkpoint, "model"):
        model, told = auto_class.from_pretrained(
            checkpoint.source,
            revision=checkpoint.commit,
            use_safetensors=True,
            output_loading_info=True,
            **options,
        )
    # transformers fills what is missing with random numbers and only warns.
    missing = sorted(key for key in told["missing_keys"] if not any(part in key for part in optional))
    if missing:
        raise SpecError(
            f"{checkpoint.source} lacks {len(missing)} weights that are needed, such as {missing[0]}; "
            + ("use pooling=mean or cls" if "pooler" in missing[0] else "fetch or save the model again")
        )
    return model


@contextmanager
def quietly() -> Iterator[None]:
    """Keep transformers' bars and reports, and the warnings of what it stands on, off the terminal.

    :yield: Nothing; load or save within.
    """
    verbosity, bars = _LOGGING.get_verbosity(), _LOGGING.is_progress_bar_enabled()
    _LOGGING.set_verbosity_error()
    _LOGGING.disable_progress_bar()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        _LOGGING.set_verbosity(verbosity)
        if bars:
            _LOGGING.enable_progress_bar()


@contextmanager
def plainly(checkpoint: Checkpoint, what: str) -> Iterator[None]:
    """Load quietly, and make a failure one line.

    :param checkpoint: What is loaded.
    :param what: The part of it that is loaded.
    :yield: Nothing; load within.
    :raises SpecError: If loading fails.
    """
    checkpoint.require_plausible()
    memory = enough_memory(f"the {what} of {checkpoint.source}", "choose a smaller one, or another --device")
    with quietly(), memory, _in_one_line(f"the {what} of {checkpoint.source} cannot be loaded"):
        yield


@contextmanager
def running(source: str) -> Iterator[None]:
    """Make it one line where a loaded model cannot be run, as its files do not belong together.

    :param source: What was loaded: a folder or a hub name.
    :yield: Nothing; run the model within, and around it :func:`~langalign.training.memory.enough_memory`.
    :raises SpecError: If that fails, unless it is that memory ends.
    """
    with _in_one_line(f"the model of {source} cannot be run"):
        yield


@contextmanager
def _in_one_line(complaint: str) -> Iterator[None]:
    try:
        yield
    except LangalignError:
        raise
    except Exception as error:  # whatever stands in a folder's files, a model trips over in its own way
        if memory_ended(error):
            raise
        raise SpecError(f"{complaint}: {one_line(error)}") from error

"""Any encoder model of ``transformers``, from the hub or a local folder.

What makes it fast: texts are tokenised once and without padding, so that the store can order them by
token length and batches need next to no padding; on a CPU each core works on a share of its own
(:mod:`langalign.encoders._runner`), and linear layers go through oneDNN (:mod:`langalign.encoders._packed`).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from langalign.checkpoint import CONFIG, Checkpoint, find
from langalign.encoders.base import BaseEncoder
from langalign.errors import SpecError
from langalign.option_checks import require_choice, require_least
from langalign.types import Identity, Option, Text, Vectors

if TYPE_CHECKING:
    from langalign.encoders._runner import Runner

POOLINGS = ("mean", "cls", "pooler")
DTYPES = {"fp32": "float32", "bf16": "bfloat16", "fp16": "float16"}

LONGEST = 512
"""Default limit in tokens, for models that could take more."""

SHORTEST = 8
"""Least limit: room for the special tokens of a pair and a token of each text."""

_OFFSET_FAMILIES = {"camembert", "longformer", "mpnet", "roberta", "xlm-roberta", "xlm-roberta-xl"}
"""Model types that count positions from ``pad_token_id + 1``."""


class TransformersEncoder(BaseEncoder):
    """Pool the last hidden states of a frozen transformer.

    With hidden states ``h_1 … h_n`` of a text's ``n`` tokens, special tokens included: ``mean`` is
    ``Σ h_i / n``, ``cls`` is ``h_1``, and ``pooler`` is the model's own trained layer on ``h_1``.
    Sentence pairs are joined as the model's tokenizer does it.
    """

    joint_pairs: ClassVar[bool] = True
    local_names: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        *,
        pooling: str = "mean",
        prefix: str = "",
        max_length: int | None = None,
        normalize: bool = False,
        dtype: str = "float32",
        revision: str | None = None,
        trust_remote_code: bool = False,
        storage: str = "float32",
        device: str = "auto",
    ) -> None:
        """Take the options; nothing is loaded.

        :param name: Folder or hub name.
        :param pooling: ``mean``, ``cls`` or ``pooler``.
        :param prefix: Put in front of each text, of a pair's first; E5 models want ``query: ``.
        :param max_length: Tokens kept; default the lesser of the model's limit and 512.
        :param normalize: Scale vectors to length 1. Off, as aligners are fitted on what the model gives
            and every cosine here normalises on its own, while the lengths cannot be had back.
        :param dtype: ``float32``, ``bfloat16`` or ``float16`` (also fp32, bf16, fp16) of the weights.
        :param revision: Branch, tag or commit on the hub.
        :param trust_remote_code: Run code that comes with the model.
        :param storage: Number format of the stored vectors.
        :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``.
        :raises SpecError: If an option's value is unknown.
        """
        super().__init__(storage=storage, device=device)
        dtype = DTYPES.get(dtype, dtype)
        require_choice("pooling", pooling, POOLINGS)
        require_choice("dtype", dtype, DTYPES.values())
        if max_length is not None:
            require_least("max_length", max_length, SHORTEST)
        self.name, self.pooling, self.prefix, self.normalize = name, pooling, prefix, normalize
        self.dtype = dtype
        self.revision, self.trust_remote_code = revision, trust_remote_code
        self._max_length = max_length

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """Find the model."""
        return find(self.name, self.revision)

    @cached_property
    def identity(self) -> Identity:
        """Tell what the vectors depend on; reads the files, builds no model."""
        options: dict[str, Option] = {
            "pooling": self.pooling,
            "prefix": self.prefix,
            "max_length": self.max_length,
            "normalize": self.normalize,
            "dtype": self.dtype,
            "pairs": "joint",
            "trust_remote_code": self.trust_remote_code,
        }
        found = self.checkpoint
        return self._identity(found.name, found.pin, options, label=found.label)

    @property
    def width(self) -> int | None:  # type: ignore[override]
        """Tell ``D`` as the configuration does, where it does."""
        return self.checkpoint.number(CONFIG, "hidden_size")

    @cached_property
    def max_length(self) -> int:
        """Resolve the limit in tokens."""
        limit = _position_limit(self.checkpoint)
        if self._max_length is None:
            told = self.checkpoint.number("tokenizer_config.json", "model_max_length")
            resolved = min(LONGEST, limit or LONGEST, told or LONGEST)
            if resolved < SHORTEST:
                raise SpecError(
                    f"{self.name} takes {resolved} tokens, of {SHORTEST} at least; fetch it again"
                )
            return resolved
        if limit is not None and self._max_length > limit:
            raise SpecError(
                f"max_length={self._max_length} exceeds what {self.name} takes; give at most {limit}"
            )
        return self._max_length

    def load(self) -> None:
        """Load tokenizer and model, and take the batch size that suits the device."""
        self.batch_tokens = self.batch_rows = self._runner.batch_tokens

    def tokenize(self, texts: Sequence[Text]) -> tuple[Sequence[Any], NDArray[np.int64]]:
        """Turn texts or sentence pairs into ids, cut to :attr:`max_length`, without padding.

        :param texts: ``N`` texts, or ``N`` pairs.
        :return: For each text one array with the model's inputs as rows (ids, and token types where
            the model has them), and the lengths in tokens. Shape: ``(N,)``.
        :raises SpecError: If texts and pairs are mixed.
        """
        if not texts:
            return [], np.zeros(0, np.int64)
        encoded = self._tokenizer(
            *self._sides(texts),
            truncation=True,
            max_length=self.max_length,
            padding=False,
            return_attention_mask=False,
        )
        inputs = [encoded[name] for name in self._inputs]
        ids = [np.array(rows, dtype=np.int32) for rows in zip(*inputs, strict=True)]
        return ids, np.fromiter((item.shape[1] for item in ids), np.int64, len(ids))

    def embed(self, ids: Sequence[Any]) -> Vectors:
        """Embed one batch; any order and size will do.

        :param ids: ``N`` items from :meth:`tokenize`.
        :return: Vectors. Shape: ``(N, D)``, float32.
        :raises SpecError: If the model cannot be run, as its files do not belong together or memory ends.
        """
        from langalign.checkpoint_loading import running
        from langalign.training.memory import enough_memory

        work = f"embedding with max_length={self.max_length}"
        with (
            enough_memory(work, "choose a smaller one, or another --device"),
            running(self.checkpoint.source),
        ):
            return self._runner.embed(ids)

    def _sides(self, texts: Sequence[Text]) -> tuple[list[str], ...]:
        """Split pairs into first and second texts, the prefix put on."""
        first = [self.prefix + (text if isinstance(text, str) else text[0]) for text in texts]
        second = [text[1] for text in texts if not isinstance(text, str)]
        if second and len(second) < len(first):
            raise SpecError(f"{len(second):,} of {len(first):,} texts are pairs; embed texts and pairs apart")
        return (first, second) if second else (first,)

    @cached_property
    def _inputs(self) -> list[str]:
        # Generic tokenizers name token types whether or not the model tells any apart.
        told = self.checkpoint.number(CONFIG, "type_vocab_size")
        types = "token_type_ids"
        typed = (told is None or told > 1) and types in self._tokenizer.model_input_names
        return ["input_ids", types] if typed else ["input_ids"]

    @cached_property
    def _tokenizer(self) -> Any:
        from langalign.checkpoint_loading import load_tokenizer

        return load_tokenizer(self.checkpoint, self.trust_remote_code)

    @cached_property
    def _runner(self) -> Runner:
        import torch

        from langalign.encoders._loading import load_model
        from langalign.encoders._packed import pack_linear
        from langalign.encoders._runner import Runner
        from langalign.environment import available_cores
        from langalign.training.device import resolve_device
        from langalign.training.memory import placed

        device = torch.device(resolve_device(self.device))
        pad_id = self._tokenizer.pad_token_id or 0  # loaded before the folder is looked at again
        model = load_model(self.checkpoint, self.trust_remote_code, self.pooling == "pooler")
        self.checkpoint.require_unchanged()
        placed(model, device, getattr(torch, self.dtype))
        workers = 1
        # Foreign code may reach into its layers, and need not be safe to run side by side.
        if device.type == "cpu" and not self.trust_remote_code:
            pack_linear(model)
            workers = available_cores()
        return Runner(model, self._inputs, pad_id, self.pooling, self.normalize, workers)


def _position_limit(checkpoint: Checkpoint) -> int | None:
    """Tell how many positions a model has; None where its configuration does not say."""
    positions = checkpoint.number(CONFIG, "max_position_embeddings")
    if positions is None or str(checkpoint.config.get("model_type")) not in _OFFSET_FAMILIES:
        return positions
    padding = checkpoint.number(CONFIG, "pad_token_id")
    return positions - (1 if padding is None else padding) - 1

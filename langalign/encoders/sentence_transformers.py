"""Models of the ``sentence-transformers`` package, with their own pooling, projections and prompts.

The package offers no supported way to hand it ids, so texts are tokenised twice: here for their lengths,
which order the batches, and by the package when it embeds. For a plain transformer with mean or CLS
pooling, ``transformers:`` gives the same vectors sooner.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from langalign.checkpoint import Checkpoint, find
from langalign.encoders.base import BaseEncoder
from langalign.errors import MissingExtraError, SpecError
from langalign.option_checks import require_least
from langalign.types import Identity, Text, Vectors

MODULES = "modules.json"
SETTINGS = "config_sentence_transformers.json"


class SentenceTransformersEncoder(BaseEncoder):
    """Embed with a ``SentenceTransformer``."""

    local_names: ClassVar[bool] = True

    def __init__(
        self,
        name: str,
        *,
        prompt: str | None = None,
        max_length: int | None = None,
        normalize: bool = False,
        revision: str | None = None,
        trust_remote_code: bool = False,
        storage: str = "float32",
        device: str = "auto",
    ) -> None:
        """Take the options; nothing is loaded.

        :param name: Folder or hub name.
        :param prompt: Put in front of each text; default the model's own default prompt.
        :param max_length: Tokens kept; default what the model's files say.
        :param normalize: Scale vectors to length 1, if the model does not do so itself.
        :param revision: Branch, tag or commit on the hub.
        :param trust_remote_code: Run code that comes with the model.
        :param storage: Number format of the stored vectors.
        :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``.
        :raises SpecError: If the limit is not above 0.
        """
        super().__init__(storage=storage, device=device)
        if max_length is not None:
            require_least("max_length", max_length, 1)
        self.name, self.max_length, self.normalize = name, max_length, normalize
        self.revision, self.trust_remote_code = revision, trust_remote_code
        self._prompt = prompt

    @cached_property
    def checkpoint(self) -> Checkpoint:
        """Find the model."""
        return find(self.name, self.revision, entry=MODULES)

    @cached_property
    def prompt(self) -> str:
        """Resolve what is put in front of each text."""
        if self._prompt is not None:
            return self._prompt
        settings = self.checkpoint.read_json(SETTINGS)
        prompts, name = settings.get("prompts") or {}, settings.get("default_prompt_name")
        prompt = (prompts.get(name) if isinstance(prompts, dict) and isinstance(name, str) else None) or ""
        if not isinstance(prompt, str):
            raise SpecError(f"{self.name}: the prompt in {SETTINGS} is {prompt!r}; name another with prompt=")
        return prompt

    @cached_property
    def identity(self) -> Identity:
        """Tell what the vectors depend on; a limit of None is the one in the pinned files."""
        found = self.checkpoint
        options = {
            "prompt": self.prompt,
            "max_length": self.max_length,
            "normalize": self.normalize,
            "trust_remote_code": self.trust_remote_code,
        }
        return self._identity(found.name, found.pin, options, label=found.label)

    def tokenize(self, texts: Sequence[Text]) -> tuple[Sequence[Any], NDArray[np.int64]]:
        """Give the texts back with their lengths.

        :param texts: ``N`` texts.
        :return: The texts, and their lengths in tokens, or in characters where the model's tokenizer
            is not one of transformers'. Shape: ``(N,)``.
        """
        from transformers import PreTrainedTokenizerBase

        singles = self._single(texts)
        tokenizer, limit = self._model.tokenizer, self._model.max_seq_length
        if singles and isinstance(tokenizer, PreTrainedTokenizerBase):
            prompted = [self.prompt + text for text in singles]
            pieces: Sequence[Any] = tokenizer(prompted, truncation=limit is not None, max_length=limit)[
                "input_ids"
            ]
        else:
            pieces = singles
        return singles, np.fromiter(map(len, pieces), np.int64, len(singles))

    def embed(self, ids: Sequence[Any]) -> Vectors:
        """Embed one batch.

        :param ids: ``N`` texts.
        :return: Vectors. Shape: ``(N, D)``.
        :raises SpecError: If the model cannot be run, as its files do not belong together or memory ends.
        """
        from langalign.checkpoint_loading import running
        from langalign.training.memory import enough_memory

        work = f"embedding with max_length={self._model.max_seq_length}"
        with (
            enough_memory(work, "choose a smaller one, or another --device"),
            running(self.checkpoint.source),
        ):
            vectors = self._model.encode(
                list(ids),
                batch_size=len(ids),
                prompt=self.prompt,
                normalize_embeddings=self.normalize,
                show_progress_bar=False,
            )
        return np.asarray(vectors, dtype=np.float32)

    @cached_property
    def _model(self) -> Any:
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise MissingExtraError(
                "sentence-transformers:", "sentence-transformers", "sentence-transformers"
            ) from error
        from langalign.checkpoint_loading import plainly
        from langalign.training.device import resolve_device

        folder = self.checkpoint.complete_folder()
        with plainly(self.checkpoint, "model"):
            model = SentenceTransformer(
                str(folder), device=resolve_device(self.device), trust_remote_code=self.trust_remote_code
            )
        self.checkpoint.require_unchanged()
        if self.max_length is not None:
            model.max_seq_length = self.max_length
        return model.eval()

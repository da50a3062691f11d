"""What every encoder has in common: how it is built from a SPEC and what the store asks of it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from langalign import registry
from langalign.errors import SpecError
from langalign.option_checks import require_choice
from langalign.types import Identity, Option, Text, Vectors

STORAGE = ("float32", "float16")


class BaseEncoder(ABC):
    """A frozen model that turns texts into vectors.

    A subclass in a file of this folder is an encoder of the file's name. Its keyword-only
    constructor arguments are the options that a SPEC may carry in brackets.
    """

    batch_tokens: int = 4096
    """Tokens that one batch may hold, padding included."""

    batch_rows: int = 256
    """Texts that one batch may hold."""

    width: int | None = None
    """``D``, where it is known without loading the model."""

    paid: ClassVar[bool] = False
    """Whether a batch costs money, so that it is stored before anything else happens."""

    joint_pairs: ClassVar[bool] = False
    """Whether a sentence pair is encoded jointly; otherwise pairs are refused."""

    local_names: ClassVar[bool] = False
    """Whether the name may be a local folder, whose place is then written out in the SPEC."""

    spec: str = ""
    """The SPEC that builds this encoder again; set by :func:`langalign.encoders.build`."""

    def __init__(self, *, storage: str = "float32", device: str = "auto") -> None:
        """Take the options that all encoders share.

        :param storage: Number format of the stored vectors, ``float32`` or ``float16``.
        :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``; never part of the identity.
        :raises SpecError: If the storage format is unknown.
        """
        require_choice("storage", storage, STORAGE)
        self.storage = storage
        self.device = device

    @property
    @abstractmethod
    def identity(self) -> Identity:
        """Tell what the vectors depend on, without loading the model."""

    def load(self) -> None:
        """Load the model now, not when it is first needed; one whose tokenizer comes alone overrides this."""
        self.tokenize(["."])

    @abstractmethod
    def tokenize(self, texts: Sequence[Text]) -> tuple[Sequence[Any], NDArray[np.int64]]:
        """Turn texts into what :meth:`embed` takes.

        :param texts: ``N`` texts, or sentence pairs where :attr:`joint_pairs` holds.
        :return: One item for each text, and the lengths in tokens. Shape: ``(N,)``.
        """

    @abstractmethod
    def embed(self, ids: Sequence[Any]) -> Vectors:
        """Embed one batch.

        :param ids: Items from :meth:`tokenize`.
        :return: Vectors in the order of ``ids``. Shape: ``(N, D)``, float32.
        """

    def encode(self, texts: Sequence[Text]) -> Vectors:
        """Embed texts without a store, as one batch.

        :param texts: ``N`` texts.
        :return: Vectors. Shape: ``(N, D)``.
        """
        ids, _ = self.tokenize(texts)
        return self.embed(ids)

    def _identity(
        self, name: str, revision: str, options: Mapping[str, Option], *, label: str = ""
    ) -> Identity:
        """Build the identity; the kind is the name that the encoder is registered under."""
        kind = registry.name_of("encoders", type(self))
        return Identity(kind, name, revision, options, self.storage, label)

    def _single(self, texts: Sequence[Text]) -> list[str]:
        """Refuse sentence pairs, for encoders that know single texts only."""
        pair = next((text for text in texts if not isinstance(text, str)), None)
        if pair is not None:
            raise SpecError(
                f"{self.identity.kind} encodes single texts, not sentence pairs such as {pair!r}; use a "
                "transformers: encoder, or read single sentences: DATASET:SPLIT/sentences, no pair columns"
            )
        return [text for text in texts if isinstance(text, str)]

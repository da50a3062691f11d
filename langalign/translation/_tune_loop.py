"""Tunes a sequence-to-sequence model on tokenised pairs, epoch by epoch."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from langalign.checkpoint_loading import running
from langalign.training.early_stopping import require_finite
from langalign.training.memory import enough_memory
from langalign.training.rows import cut
from langalign.training.run_state import Position, RunState
from langalign.translation._tune_options import TuneOptions
from langalign.translation._tune_pairs import IGNORED, TokenPairs
from langalign.types import Progress

_EPOCH_SEEDS = 1_000_003
"""Keeps the epochs of one seed apart from those of the next."""


@dataclass(frozen=True)
class TuneLoop:
    """One run: what is tuned, on what, and how.

    :param model: The model, on its device.
    :param pairs: What to learn.
    :param validation: Decides which epoch was best, and when to stop.
    :param options: How to tune.
    :param seed: Seed of order and dropout.
    :param device: The model's device.
    """

    model: Any
    pairs: TokenPairs
    validation: TokenPairs
    options: TuneOptions
    seed: int
    device: str

    def run(self, state: RunState, progress: Progress | None) -> Position:
        """Tune until patience or the epochs run out; the model ends with its best weights.

        Order and dropout of an epoch follow from the seed and the epoch's number alone, so that a run
        that was killed and goes on ends with the weights of one that was not.

        :param state: Where epochs are written down, and where to go on from.
        :param progress: Is told updates done, and the most there can be.
        :return: The end.
        :raises DataError: If the loss is no longer finite.
        :raises SpecError: If memory ends.
        """
        advice = "give a smaller batch_size or max_length, or a larger accumulate"
        with enough_memory(f"tuning with batch_size={self.options.batch_size}", advice):
            return self._run(state, progress)

    def _run(self, state: RunState, progress: Progress | None) -> Position:
        optimizer = torch.optim.AdamW(self.model.parameters(), lr=self.options.learning_rate)
        position = state.resume(self.model, optimizer)
        begin = time.perf_counter() - position.seconds
        while not self._is_settled(position):
            position.epoch += 1
            torch.manual_seed(self.seed * _EPOCH_SEEDS + position.epoch)
            loss = self._epoch(optimizer, position.epoch, progress)
            self._judge(position, loss, state)
            position.seconds = time.perf_counter() - begin
            state.save(position, self.model, optimizer)
        if 0 < position.best_epoch < position.epoch:
            state.restore_best(self.model, position.best_epoch)
        self.model.eval()
        return position

    def _is_settled(self, position: Position) -> bool:
        waited = position.epoch - position.best_epoch
        return waited >= self.options.patience or position.epoch >= self.options.epochs

    def _judge(self, position: Position, loss: float, state: RunState) -> None:
        """Measure the epoch on what was held out, and keep its weights if it is the best."""
        before = min((one["validation_loss"] for one in position.history), default=math.inf)
        held_out = self.loss(self.validation)
        require_finite(held_out, self.options.learning_rate)
        position.history.append({"epoch": position.epoch, "train_loss": loss, "validation_loss": held_out})
        if held_out < before:
            position.best_epoch = position.epoch
            state.keep_best(self.model, position.epoch)

    def loss(self, pairs: TokenPairs) -> float:
        """Measure the mean cross-entropy of a target token, in evaluation mode.

        :param pairs: Any.
        :return: The loss.
        """
        self.model.eval()
        total = tokens = 0.0
        with torch.no_grad():
            for rows in cut(range(len(pairs)), self.options.batch_size):
                inputs = pairs.batch(rows, self.device)
                count = int((inputs["labels"] != IGNORED).sum())
                total += float(self._mean(inputs)) * count
                tokens += count
        return total / tokens

    def _epoch(self, optimizer: torch.optim.Optimizer, epoch: int, progress: Progress | None) -> float:
        """Pass over the pairs once; give the mean loss of a target token."""
        self.model.train()
        order = torch.randperm(len(self.pairs)).tolist()
        batches = cut(order, self.options.batch_size)
        tell = _reporter(progress, (epoch - 1) * len(batches), self.options.epochs * len(batches))
        total = tokens = 0.0
        for step, rows in enumerate(batches):
            loss, count = self._update(optimizer, rows)
            total, tokens = total + loss, tokens + count
            tell(step + 1)
        require_finite(total, self.options.learning_rate)
        return total / tokens

    def _update(self, optimizer: torch.optim.Optimizer, rows: Sequence[int]) -> tuple[float, int]:
        """Learn one batch, part by part; give the sum of its tokens' losses, and their number."""
        size = math.ceil(len(rows) / self.options.accumulate)
        parts = [self.pairs.batch(part, self.device) for part in cut(rows, size)]
        counts = [int((part["labels"] != IGNORED).sum()) for part in parts]
        total = 0.0
        optimizer.zero_grad()
        for part, count in zip(parts, counts, strict=True):
            summed = self._mean(part) * count
            # Weighted by tokens, so that parts add up to the gradient of the whole batch.
            (summed / sum(counts)).backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            total += float(summed.detach())
        optimizer.step()
        return total, sum(counts)

    def _mean(self, inputs: Mapping[str, Tensor]) -> Tensor:
        """Run the model on a batch; give the mean cross-entropy of its target tokens."""
        with running(self.model.name_or_path):
            loss: Tensor = self.model(**inputs).loss
        return loss


def _reporter(progress: Progress | None, before: int, total: int) -> Callable[[int], None]:
    if progress is None:
        return lambda step: None
    return lambda step: progress(before + step, total)

"""The loop that tunes a transformer: plain, on one device, and able to go on where it was killed.

Unlike :mod:`langalign.training.loop`, whose networks are small and whose examples are tensors, it pads
batches of texts, runs for hours, and so keeps checkpoints.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from langalign.training.early_stopping import require_finite
from langalign.training.memory import enough_memory, placed
from langalign.training.rows import cut
from langalign.training.run_state import Position, RunState, trained
from langalign.training.seeding import seeded
from langalign.tuning._batches import Batch, Examples, Indices, shuffled
from langalign.tuning._network import Network
from langalign.tuning.base import Tuner
from langalign.types import Progress


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Hold what a run needs beside network and examples.

    :param seed: Seed of the order of rows; dropout draws from torch's generators, the caller's to seed.
    :param device: A device that torch can use.
    :param precision: ``float32`` or ``bfloat16``.
    :param checkpoint_seconds: Time between checkpoints within an epoch.
    :param progress: Is told the updates done, and the most there can be.
    """

    seed: int
    device: str
    precision: str
    checkpoint_seconds: float
    progress: Progress | None


class Loop:
    """Trains one network; :meth:`run` leaves it with the weights of its best epoch."""

    def __init__(
        self,
        tuner: Tuner,
        network: Network,
        examples: Examples,
        held_out: Examples | None,
        state: RunState,
        settings: Settings,
    ) -> None:
        """Take what is trained on what.

        :param tuner: Tells options and loss.
        :param network: From the tuner's ``build``; is moved to the device.
        :param examples: What to learn.
        :param held_out: Decides when to stop and which epoch was best; without it every epoch is run
            and the last one kept.
        :param state: Where the run is written down.
        :param settings: Seed, device and the like.
        """
        self._tuner, self._network, self._settings = tuner, placed(network, settings.device), settings
        self._examples, self._held_out, self._state = examples, held_out, state
        self._optimizer = make_optimizer(tuner, network)
        self._updates = math.ceil(len(examples) / tuner.batch_size)
        self._position = Position()
        self._begin = self._saved = 0.0

    def run(self) -> Position:
        """Train to the end, from where a killed run was if there was one.

        :return: How the run went.
        :raises DataError: If the loss is no longer finite, or the state is another run's.
        :raises SpecError: If memory ends.
        """
        tuner = self._tuner
        # Without labels the rows of a batch are compared with each other, so that it cannot be cut.
        more = ", or a larger accumulate" if tuner.labelled else ""
        advice = f"give a smaller batch_size or max_length{more}"
        with enough_memory(f"tuning with batch_size={tuner.batch_size}", advice):
            return self._run()

    def _run(self) -> Position:
        self._position = self._state.resume(self._network, self._optimizer)
        self._begin = time.monotonic() - self._position.seconds
        self._saved = time.monotonic()
        while self._position.epoch < self._tuner.epochs and not self._is_settled():
            self._learn_epoch()
            self._finish_epoch()
        if self._held_out is not None and self._position.best_epoch < self._position.epoch:
            self._state.restore_best(self._network, self._position.best_epoch)
        self._network.eval()
        return self._position

    def _is_settled(self) -> bool:
        waited = self._position.epoch - self._position.best_epoch
        return self._held_out is not None and waited >= self._tuner.patience

    def _learn_epoch(self) -> None:
        """Do the updates of an epoch that are left."""
        position = self._position
        batches = shuffled(
            self._examples.lengths, self._tuner.batch_size, self._settings.seed, position.epoch + 1
        )
        for rows in batches[position.step :]:
            position.loss_sum += self._update(rows) * len(rows)
            position.step += 1
            if self._settings.progress:
                self._settings.progress(self._done(), self._tuner.epochs * self._updates)
            if time.monotonic() - self._saved >= self._settings.checkpoint_seconds:
                self._save()

    def _finish_epoch(self) -> None:
        """Judge the epoch, and write down the run."""
        position = self._position
        entry = {"epoch": position.epoch + 1, "train_loss": position.loss_sum / len(self._examples)}
        position.history.append(entry)
        position.epoch, position.step, position.loss_sum = position.epoch + 1, 0, 0.0
        if self._held_out is None:
            position.best_epoch = position.epoch
        else:
            entry |= self._judge(self._held_out)
            self._keep_if_best()
        self._save()

    def _keep_if_best(self) -> None:
        losses = [math.inf, *(entry["validation_loss"] for entry in self._position.history)]
        if losses[-1] < losses[self._position.best_epoch]:
            self._position.best_epoch = self._position.epoch
            self._state.keep_best(self._network, self._position.epoch)

    def _done(self) -> int:
        return self._position.epoch * self._updates + self._position.step

    def _save(self) -> None:
        self._position.seconds = time.monotonic() - self._begin
        self._state.save(self._position, self._network, self._optimizer)
        self._saved = time.monotonic()

    def _update(self, rows: Indices) -> float:
        """Learn one batch, piece by piece; give its mean loss, as it was when it was met."""
        self._network.train()
        self._optimizer.zero_grad()
        mean = 0.0
        for piece in cut(rows, math.ceil(len(rows) / self._tuner.accumulate)):
            loss = cross_entropy(*self._scored(piece, self._examples)) * (len(piece) / len(rows))
            loss.backward()  # type: ignore[no-untyped-call]  # torch leaves it untyped
            mean += float(loss.detach())
        set_rate(self._optimizer, self._tuner, self._done(), self._tuner.epochs * self._updates)
        require_finite(mean, self._tuner.learning_rate)
        if self._tuner.max_gradient_norm:
            torch.nn.utils.clip_grad_norm_(self._network.parameters(), self._tuner.max_gradient_norm)
        self._optimizer.step()
        return mean

    def _scored(self, rows: Indices, examples: Examples) -> tuple[Tensor, Tensor]:
        """Give float32 logits of the candidates of each row, and the numbers of the right ones."""
        batch: Batch = examples.batch(rows, self._settings.device)
        kind, half = torch.device(self._settings.device).type, self._settings.precision == "bfloat16"
        with torch.autocast(kind, torch.bfloat16, enabled=half):
            logits, right = self._tuner.logits(self._network, batch)
        return logits.float(), right

    def _judge(self, held_out: Examples) -> dict[str, float]:
        """Measure loss and accuracy on rows held out.

        Without labels it is dropout that makes the two views of a text, so it stays on, drawn alike for
        each epoch.
        """
        self._network.train(not self._tuner.labelled)
        order = held_out.lengths.argsort(kind="stable")
        with torch.no_grad(), seeded(self._settings.seed, self._settings.device):
            scored = [self._scored(rows, held_out) for rows in cut(order, self._tuner.batch_size)]
        loss = sum(float(cross_entropy(*each, reduction="sum")) for each in scored) / len(held_out)
        require_finite(loss, self._tuner.learning_rate)
        right = [each[1].cpu() for each in scored]
        chosen = [each[0].argmax(1).cpu() for each in scored]
        figures = {"validation_loss": loss, "accuracy": _accuracy(right, chosen)}
        return {**figures, "macro_f1": _macro_f1(right, chosen)} if self._tuner.labelled else figures


def make_optimizer(tuner: Tuner, network: Network) -> torch.optim.Optimizer:
    """Build AdamW over what is trained; biases and norms, which have one axis, do not decay.

    :param tuner: Tells rate and decay.
    :param network: What is trained.
    :return: The optimiser; ``fused`` updates all weights in one pass over memory.
    """
    weights = list(trained(network).values())
    groups = [
        {"params": [one for one in weights if one.ndim > 1], "weight_decay": tuner.weight_decay},
        {"params": [one for one in weights if one.ndim <= 1], "weight_decay": 0.0},
    ]
    kept = [group for group in groups if group["params"]]
    return torch.optim.AdamW(kept, lr=tuner.learning_rate, fused=True)


def set_rate(optimizer: torch.optim.Optimizer, tuner: Tuner, done: int, total: int) -> None:
    """Set the rate of the next update: rising over the warm-up, then constant or falling to zero.

    :param optimizer: Gets the rate.
    :param tuner: Tells rate, schedule and warm-up.
    :param done: Updates done.
    :param total: The most updates there can be.
    """
    rising = round(tuner.warmup * total)
    share = 1.0
    if done < rising:
        share = (done + 1) / rising
    elif tuner.schedule == "linear":
        share = (total - done) / (total - rising)
    for group in optimizer.param_groups:
        group["lr"] = tuner.learning_rate * share


def _accuracy(right: Sequence[Tensor], chosen: Sequence[Tensor]) -> float:
    return float((torch.cat(list(right)) == torch.cat(list(chosen))).double().mean())


def _macro_f1(right: Sequence[Tensor], chosen: Sequence[Tensor]) -> float:
    from sklearn.metrics import f1_score

    pair = torch.cat(list(right)).numpy(), torch.cat(list(chosen)).numpy()
    return float(f1_score(*pair, average="macro", zero_division=0.0))

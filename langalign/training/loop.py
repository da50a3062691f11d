"""The one training loop: plain tensors, no loader, no framework.

Whatever is trained here is small and its examples fit in memory, so a batch is one ``index_select``.
An ordinary ``DataLoader`` gathers a batch row by row in Python, which at the paper's batch size of 16
costs as much as a small network's step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from langalign.errors import DataError
from langalign.training.device import resolve_device
from langalign.training.early_stopping import EarlyStopping, require_finite
from langalign.training.memory import enough_memory
from langalign.training.optimizer import Optimizer
from langalign.training.recipe import Recipe
from langalign.types import Progress

Loss = Callable[[Tensor, Tensor], Tensor]
"""Mean loss of a batch, from what the model gives and what it should give."""

_VALIDATION_ROWS = 4096


@dataclass(frozen=True)
class Examples:
    """Say what to learn: row ``i`` of ``targets`` answers row ``i`` of ``inputs``.

    :param inputs: Shape: ``(N, D)``.
    :param targets: Vectors of shape ``(N, E)``, or class numbers of shape ``(N,)``.
    """

    inputs: Tensor
    targets: Tensor

    def __len__(self) -> int:
        """Tell the number of examples, ``N``."""
        return len(self.inputs)

    def to(self, device: str) -> Examples:
        """Move both sides to a device."""
        return Examples(self.inputs.to(device), self.targets.to(device))


def train(
    model: nn.Module,
    loss: Loss,
    examples: Examples,
    validation: Examples | None,
    recipe: Recipe,
    *,
    seed: int = 0,
    device: str = "cpu",
    progress: Progress | None = None,
) -> list[dict[str, float]]:
    """Train a model in place; it ends in evaluation mode with the weights of its best epoch.

    The order of examples is ``torch.randperm(N)`` for each epoch, from a generator of its own that
    starts at ``seed``. Dropout draws from torch's default generator, which is the caller's to seed:
    see :func:`langalign.training.seeding.seeded`.

    :param model: Is moved to the device.
    :param loss: Such as ``torch.nn.functional.mse_loss`` or ``cross_entropy``.
    :param examples: What to learn.
    :param validation: Decides when to stop and which epoch was best; without it every epoch is run
        and the last one is kept.
    :param recipe: Optimiser, rate, batch size and patience.
    :param seed: Seed of the order.
    :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``.
    :param progress: Is told the steps done, and the most there can be.
    :return: For each epoch ``epoch``, ``train_loss`` and, where there is validation, ``validation_loss``.
    :raises DataError: If validation holds no examples, or the loss is no longer finite.
    :raises SpecError: If memory ends.
    """
    if validation is not None and len(validation) == 0:
        raise DataError("there are 0 examples for validation; give some, or None to train without")
    device = resolve_device(device)
    work = f"training with batch_size={recipe.batch_size}"
    with enough_memory(work, "give a smaller batch_size, or another --device"):
        model.to(device)
        examples, held_out = examples.to(device), None if validation is None else validation.to(device)
        optimizer = Optimizer(recipe.optimizer, model.parameters(), recipe.learning_rate)
        stopping = EarlyStopping(model, recipe.patience)
        order = torch.Generator().manual_seed(seed)
        history: list[dict[str, float]] = []
        for epoch in range(1, recipe.epochs + 1):
            optimizer.learning_rate = recipe.rate(epoch)
            batches = torch.split(
                torch.randperm(len(examples), generator=order).to(device), recipe.batch_size
            )
            report = _reporter(progress, epoch, recipe.epochs, len(batches))
            train_loss = _epoch(model, loss, examples, batches, optimizer, report)
            history.append({"epoch": epoch, "train_loss": train_loss})
            if held_out is not None:
                history[-1]["validation_loss"] = mean_loss(model, loss, held_out)
                require_finite(history[-1]["validation_loss"], optimizer.learning_rate)
                if stopping.observe(history[-1]["validation_loss"]):
                    break
    stopping.restore()
    model.eval()
    return history


def _epoch(
    model: nn.Module,
    loss: Loss,
    examples: Examples,
    batches: Sequence[Tensor],
    optimizer: Optimizer,
    report: Callable[[int], None],
) -> float:
    """Pass over the examples once; give the mean loss of an example, as it was when it was met."""
    model.train()
    losses = []
    for step, rows in enumerate(batches):
        inputs = examples.inputs.index_select(0, rows)  # (B, D)
        targets = examples.targets.index_select(0, rows)  # (B, E), or (B,) for classes
        batch_loss = loss(model(inputs), targets)
        optimizer.step(batch_loss)
        losses.append(batch_loss.detach())  # read at the end: reading each one waits for the device
        report(step)
    sizes = torch.tensor([len(rows) for rows in batches], dtype=torch.float64)
    mean = float(torch.stack(losses).double().cpu() @ sizes / sizes.sum())
    require_finite(mean, optimizer.learning_rate)
    return mean


def mean_loss(model: nn.Module, loss: Loss, examples: Examples) -> float:
    """Measure the mean loss of an example in evaluation mode, in blocks.

    :param model: Any.
    :param loss: As :func:`train` takes it.
    :param examples: On the model's device.
    :return: The loss.
    """
    model.eval()
    total = 0.0
    with torch.no_grad():
        for start in range(0, len(examples), _VALIDATION_ROWS):
            block = slice(start, start + _VALIDATION_ROWS)
            inputs, targets = examples.inputs[block], examples.targets[block]  # (n, D), (n, E) or (n,)
            total += float(loss(model(inputs), targets)) * len(inputs)
    return total / len(examples)


def _reporter(progress: Progress | None, epoch: int, epochs: int, steps: int) -> Callable[[int], None]:
    """Tell steps of one epoch as steps of the whole run."""
    if progress is None:
        return lambda step: None
    return lambda step: progress((epoch - 1) * steps + step + 1, epochs * steps)

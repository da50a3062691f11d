"""Stops when validation no longer gets better, keeps the best weights, and refuses what has diverged."""

from __future__ import annotations

import math

from torch import Tensor, nn

from langalign.errors import DataError


def require_finite(loss: float, learning_rate: float) -> None:
    """Refuse to go on training a model that has diverged.

    :param loss: On what is learned, or on what was held out.
    :param learning_rate: The optimiser's, for the message.
    :raises DataError: If the loss is NaN or infinite.
    """
    if not math.isfinite(loss):
        raise DataError(
            f"training diverged: the loss is {loss} at learning_rate={learning_rate:g}; choose a lower one"
        )


class EarlyStopping:
    """Watch a model's validation loss from epoch to epoch.

    A loss that is not finite never counts as better, so a run that diverges ends with the weights of
    its last good epoch.
    """

    def __init__(self, model: nn.Module, patience: int) -> None:
        """Start watching.

        :param model: The model in training.
        :param patience: Epochs without a better loss after which :meth:`observe` says stop.
        """
        self._model, self._patience = model, patience
        self._best_loss, self._waited = math.inf, 0
        self._best: dict[str, Tensor] | None = None

    def observe(self, validation_loss: float) -> bool:
        """Hear the loss of an epoch.

        :param validation_loss: What the model reaches now.
        :return: Whether to stop.
        """
        if validation_loss < self._best_loss:
            self._best_loss, self._waited = validation_loss, 0
            self._best = {name: value.clone() for name, value in self._model.state_dict().items()}
        else:
            self._waited += 1
        return self._waited >= self._patience

    def restore(self) -> None:
        """Give the model back the weights of its best epoch; without one, leave it as it is."""
        if self._best is not None:
            self._model.load_state_dict(self._best)

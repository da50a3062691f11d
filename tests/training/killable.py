"""A small run that writes its state down at each epoch; as a program, one that can be killed."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn

from langalign.training.run_state import Position, RunState
from langalign.training.seeding import seeded

RUN = {"model": "tiny", "options": {"rate": 0.01, "decay": 0.1}}


def parts() -> tuple[nn.Module, torch.optim.Optimizer]:
    """Make a network that drops, and its optimiser."""
    network = nn.Sequential(nn.Linear(6, 6), nn.Dropout(0.5), nn.Linear(6, 1))
    return network, torch.optim.AdamW(network.parameters(), lr=0.01)


def total(network: nn.Module) -> float:
    """Sum the weights, to know them again."""
    return sum(float(value.double().sum()) for value in network.state_dict().values())


def run(folder: Path, epochs: int, tell: Callable[[int], None] | None = None) -> tuple[Position, Tensor]:
    """Learn one batch in each epoch; every third one counts as the best so far."""
    with seeded(0):
        network, optimizer = parts()
        state = RunState(folder, RUN)
        position = state.resume(network, optimizer)
        while position.epoch < epochs:
            optimizer.zero_grad()
            network(torch.ones(4, 6)).square().mean().backward()
            optimizer.step()
            position.epoch += 1
            position.history.append({"total": total(network)})
            if position.epoch % 3 == 0:
                position.best_epoch = position.epoch
                state.keep_best(network, position.epoch)
            state.save(position, network, optimizer)
            if tell:
                tell(position.epoch)
    return position, nn.utils.parameters_to_vector(network.parameters())


def _tell(epoch: int) -> None:
    sys.stdout.write(f"{epoch}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    torch.set_num_threads(1)
    run(Path(sys.argv[1]), int(sys.argv[2]), _tell)

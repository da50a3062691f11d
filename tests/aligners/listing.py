"""The paper's listings, written plainly: an ordinary module and an ordinary ``DataLoader`` loop."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset


class FullyConnected(nn.Module):
    """The FC aligner as the paper lists it."""

    def __init__(self, width: int, hidden_dim: int = 512) -> None:
        super().__init__()
        self.fc1 = nn.Linear(width, hidden_dim * 2)
        self.fc2 = nn.Linear(hidden_dim * 2, hidden_dim)
        self.fc3 = nn.Linear(hidden_dim, hidden_dim // 2)
        self.fc4 = nn.Linear(hidden_dim // 2, hidden_dim)
        self.fc5 = nn.Linear(hidden_dim, hidden_dim * 2)
        self.fc6 = nn.Linear(hidden_dim * 2, width)
        self.relu = nn.ReLU()
        self.dropout = nn.Dropout(0.5)

    def forward(self, vectors: Tensor) -> Tensor:
        hidden = self.dropout(self.relu(self.fc1(vectors)))
        hidden = self.dropout(self.relu(self.fc2(hidden)))
        hidden = self.relu(self.fc3(hidden))
        hidden = self.dropout(self.relu(self.fc4(hidden)))
        hidden = self.relu(self.fc5(hidden))
        return self.fc6(hidden)


class Autoencoder(nn.Module):
    """The AE aligner as the paper lists it."""

    def __init__(self, width: int, hidden_dim: int = 512) -> None:
        super().__init__()
        self.encoder = nn.Sequential(
            nn.Linear(width, hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, hidden_dim // 2),
            nn.ReLU(),
            nn.Linear(hidden_dim // 2, hidden_dim // 4),
            nn.ReLU(),
        )
        self.decoder = nn.Sequential(
            nn.Linear(hidden_dim // 4, hidden_dim // 2),
            nn.ReLU(),
            nn.Linear(hidden_dim // 2, hidden_dim),
            nn.ReLU(),
            nn.Linear(hidden_dim, width),
        )

    def forward(self, vectors: Tensor) -> Tensor:
        return self.decoder(self.encoder(vectors))


def train(
    make: Callable[[int], nn.Module],
    optimizer_class: type[torch.optim.Optimizer],
    learning_rate: float,
    pairs: tuple[Tensor, Tensor],
    validation: tuple[Tensor, Tensor],
    epochs: int,
    seed: int,
) -> tuple[nn.Module, list[dict[str, float]]]:
    """Train as anyone would, in the order that ``torch.randperm`` draws from a seeded generator."""
    source, target = pairs
    dataset = TensorDataset(torch.cat([source, target]), torch.cat([target, target]))
    held_out = torch.cat(validation), torch.cat([validation[1], validation[1]])
    order = torch.Generator().manual_seed(seed)
    history = []
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        model = make(source.shape[1])
        optimizer = optimizer_class(model.parameters(), lr=learning_rate)
        criterion = nn.MSELoss()
        for epoch in range(1, epochs + 1):
            model.train()
            sampler = torch.randperm(len(dataset), generator=order).tolist()
            # A generator of its own keeps the loader from drawing where dropout draws.
            loader = DataLoader(dataset, batch_size=16, sampler=sampler, generator=torch.Generator())
            total = 0.0
            for inputs, targets in loader:
                optimizer.zero_grad()
                loss = criterion(model(inputs), targets)
                loss.backward()
                optimizer.step()
                total += loss.item() * len(inputs)
            model.eval()
            with torch.no_grad():
                validation_loss = criterion(model(held_out[0]), held_out[1]).item()
            history.append(
                {"epoch": epoch, "train_loss": total / len(dataset), "validation_loss": validation_loss}
            )
    return model, history

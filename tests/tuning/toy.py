"""Rows that a small model can learn, and the pieces of a run; as a program, a run that can be killed."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from langalign.training.run_state import Position, RunState
from langalign.training.seeding import seeded
from langalign.tuning import TunedEncoder, tune_encoder
from langalign.tuning._backbone import find_encoder, load_backbone
from langalign.tuning._batches import Examples
from langalign.tuning._loop import Loop, Settings
from langalign.tuning._network import Network
from langalign.tuning.base import Tuner
from langalign.tuning.full import FullTuner
from tests.encoders.small_model import save_small_model

WORDS = {
    "good": ["warm", "funny", "good"],
    "bad": ["long", "rain", "nobody"],
    "so-so": ["man", "half", "street"],
}
FILLERS = ["the film is", "a second", "playing on", "to be this", "영화는", "기타를", "服务也"]


def rows(number: int, classes: int = 2, seed: int = 0) -> tuple[list[str], list[str]]:
    """Make texts of unlike lengths whose words tell their label."""
    chance = np.random.default_rng(seed)
    names = list(WORDS)[:classes]
    labels = [names[place % classes] for place in range(number)]
    texts = [
        " ".join([*chance.choice(FILLERS, chance.integers(1, 6)), chance.choice(WORDS[label]), f"{place}"])
        for place, label in enumerate(labels)
    ]
    return texts, labels


def save_still_model(folder: Path, dropout: float = 0.0) -> Path:
    """Write a small model that drops little or nothing, so that runs can be compared number by number."""
    save_small_model(folder)
    config = json.loads((folder / "config.json").read_text())
    config |= {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": dropout}
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def network_of(model: Path, tuner: Tuner, classes: int = 2, seed: int = 0) -> Network:
    """Build what a tuner trains."""
    backbone = load_backbone(find_encoder(str(model), tuner))
    with seeded(seed):
        return tuner.build(backbone, classes)


def examples_of(model: Path, tuner: Tuner, texts: list[str], labels: list[str] | None) -> Examples:
    """Tokenise rows; classes are numbered in alphabetical order."""
    encoder = find_encoder(str(model), tuner)
    ids, lengths = encoder.tokenize(texts)
    codes = None if labels is None else np.unique(labels, return_inverse=True)[1]
    return Examples(ids, lengths, codes, encoder.checkpoint.config["pad_token_id"])


def loop(
    folder: Path,
    tuner: Tuner,
    network: Network,
    examples: Examples,
    held_out: Examples | None = None,
) -> Position:
    """Run the loop on the CPU with its state in a folder."""
    settings = Settings(seed=0, device="cpu", precision="float32", checkpoint_seconds=1e9, progress=None)
    with seeded(0):
        return Loop(tuner, network, examples, held_out, RunState(folder, {}), settings).run()


def without_key_biases(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Leave out what has no gradient but noise: softmax does not see a bias common to all keys."""
    return {name: value for name, value in weights.items() if not name.endswith("key.bias")}


def killable(model: Path, out: Path, delay: float) -> TunedEncoder:
    """Tune with its state written after each update, telling each one on stdout."""

    def tell(done: int, total: int) -> None:
        sys.stdout.write(f"{done}\n")
        sys.stdout.flush()
        time.sleep(delay)

    tuner = FullTuner(batch_size=8, epochs=3, learning_rate=1e-3)
    return tune_encoder(
        *rows(80), model=str(model), out=out, tuner=tuner, checkpoint_seconds=0, device="cpu", progress=tell
    )


if __name__ == "__main__":
    torch.set_num_threads(1)
    killable(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]))

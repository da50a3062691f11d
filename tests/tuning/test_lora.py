"""LoRA: what is trained, and that nothing is lost when it is merged."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest
import torch

from langalign.errors import MissingExtraError, SpecError
from langalign.training.run_state import trained
from langalign.tuning._backbone import find_encoder, load_backbone
from langalign.tuning.lora import LoraTuner
from tests.encoders.small_model import WIDTH
from tests.tuning.toy import examples_of, loop, network_of, rows

LAYERS = 2


@pytest.mark.parametrize("rank", [8, 3])
def test_only_the_adapters_and_the_head_are_trained(model: Path, rank: int) -> None:
    network = network_of(model, LoraTuner(rank=rank), classes=3)
    learned = trained(network)
    head = sum(value.numel() for name, value in learned.items() if name.startswith("head."))
    adapters = sum(value.numel() for name, value in learned.items() if name.startswith("backbone."))
    assert head == WIDTH * WIDTH + WIDTH + 3 * WIDTH + 3
    assert adapters == rank * (WIDTH + WIDTH) * 2 * LAYERS  # query and key of each layer


def test_merged_weights_give_what_the_adapters_gave(model: Path, tmp_path: Path) -> None:
    tuner = LoraTuner(learning_rate=1e-2, batch_size=8, epochs=2)
    network = network_of(model, tuner)
    examples = examples_of(model, tuner, *rows(40))
    loop(tmp_path, tuner, network, examples)
    batch = examples.batch(np.arange(10), "cpu")
    with torch.no_grad():
        before = network.backbone(**batch.inputs).last_hidden_state
        merged = tuner.plain(network.backbone).eval()
        torch.testing.assert_close(merged(**batch.inputs).last_hidden_state, before, rtol=1e-4, atol=1e-4)
    untuned = load_backbone(find_encoder(str(model), tuner)).state_dict()
    assert merged.state_dict().keys() == untuned.keys()
    changed = {name for name, value in merged.state_dict().items() if not torch.equal(value, untuned[name])}
    assert changed == {
        f"encoder.layer.{layer}.attention.self.{which}.weight"
        for layer in range(LAYERS)
        for which in ("query", "key")
    }


def test_a_product_of_rank_r_is_added(model: Path, tmp_path: Path) -> None:
    tuner = LoraTuner(rank=2, alpha=6, learning_rate=1e-2, batch_size=8, epochs=1, layers="value")
    network = network_of(model, tuner)
    loop(tmp_path, tuner, network, examples_of(model, tuner, *rows(40)))
    name = "encoder.layer.0.attention.self.value"
    weights = {key: value.detach() for key, value in trained(network).items() if f"{name}.lora" in key}
    down, up = (next(v for k, v in weights.items() if f"lora_{letter}." in k) for letter in "AB")
    before = load_backbone(find_encoder(str(model), tuner)).state_dict()[f"{name}.weight"]
    after = tuner.plain(network.backbone).state_dict()[f"{name}.weight"]
    torch.testing.assert_close(after - before, 6 / 2 * up @ down, rtol=1e-4, atol=1e-5)


def test_layers_that_the_model_lacks_are_named(model: Path) -> None:
    with pytest.raises(SpecError, match="layers=q_lin,k_lin does not suit a xlm-roberta model"):
        network_of(model, LoraTuner(layers="q_lin,k_lin"))


def test_without_peft_it_says_how_to_install_it(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "peft", None)
    with pytest.raises(MissingExtraError, match=r"pip install 'langalign\[peft\]'"):
        network_of(model, LoraTuner())


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"rank": 0}, "rank=0 is out of range; give a number above 0"),
        ({"alpha": -1}, "alpha=-1 is out of range; give a number above 0"),
        ({"dropout": 1.0}, "dropout=1.0 is out of range; give a share"),
    ],
)
def test_options_that_make_no_sense_are_refused(options: dict, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        LoraTuner(**options)


def test_the_paper_preset_is_the_papers() -> None:
    tuner = LoraTuner.from_preset("paper")
    assert (tuner.rank, tuner.alpha, tuner.dropout, tuner.layers) == (8, 8, 0.1, "query,key")
    assert (tuner.batch_size, tuner.learning_rate, tuner.max_length) == (16, 1e-5, 256)

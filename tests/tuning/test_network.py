"""The network, against transformers' own model with a head, and against the encoder."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers

from langalign.encoders import build
from langalign.tuning.full import FullTuner
from langalign.tuning.simcse import SimcseTuner
from tests.tuning.toy import examples_of, network_of, rows


def test_with_cls_it_is_the_language_models_own_classifier(still_model: Path) -> None:
    tuner = FullTuner(pooling="cls")
    network = network_of(still_model, tuner, 3).eval()
    with torch.random.fork_rng():
        own = transformers.XLMRobertaForSequenceClassification.from_pretrained(
            still_model, num_labels=3
        ).eval()
    assert network.head is not None
    own.classifier.load_state_dict(network.head.state_dict())
    texts, _ = rows(6)
    tokenizer = transformers.AutoTokenizer.from_pretrained(still_model)
    inputs = tokenizer(texts, padding=True, return_tensors="pt", return_token_type_ids=False)
    batch = examples_of(still_model, tuner, texts, None).batch(np.arange(6), "cpu")
    with torch.no_grad():
        torch.testing.assert_close(network(batch.inputs), own(**inputs).logits)


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_its_vectors_are_the_encoders(model: Path, pooling: str) -> None:
    tuner = SimcseTuner(pooling=pooling, prefix="query: ", max_length=12)
    texts, _ = rows(9)
    batch = examples_of(model, tuner, texts, None).batch(np.arange(9), "cpu")
    with torch.no_grad():
        vectors = network_of(model, tuner).eval()(batch.inputs).numpy()
    encoder = build(f"transformers:{model}[pooling={pooling},prefix=query: ,max_length=12]", device="cpu")
    np.testing.assert_allclose(vectors, encoder.encode(texts), rtol=1e-4, atol=1e-4)


def test_the_heads_first_weights_have_the_models_spread(still_model: Path) -> None:
    head = network_of(still_model, FullTuner()).head
    assert head is not None
    assert head.dense.weight.std().item() == pytest.approx(0.2, rel=0.1)  # initializer_range of the model
    assert not head.dense.bias.any()
    assert not head.out_proj.bias.any()

"""Full fine-tuning, against a plain loop over transformers' own model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import transformers

from langalign.tuning._batches import shuffled
from langalign.tuning.full import FullTuner
from tests.tuning.toy import examples_of, loop, network_of, rows, without_key_biases


def test_it_learns_as_a_plain_transformers_loop_does(still_model: Path, tmp_path: Path) -> None:
    tuner = FullTuner(
        pooling="cls",
        batch_size=8,
        epochs=2,
        learning_rate=1e-3,
        warmup=0.0,
        schedule="constant",
        weight_decay=0.1,
    )
    texts, labels = rows(44, classes=3)
    network, examples = network_of(still_model, tuner, 3), examples_of(still_model, tuner, texts, labels)
    assert network.head is not None
    with torch.random.fork_rng():
        plain = transformers.XLMRobertaForSequenceClassification.from_pretrained(still_model, num_labels=3)
    plain.classifier.load_state_dict(network.head.state_dict())
    state = loop(tmp_path, tuner, network, examples)

    tokenizer = transformers.AutoTokenizer.from_pretrained(still_model)
    codes = torch.tensor([sorted(set(labels)).index(label) for label in labels])
    kinds = [[p for p in plain.parameters() if (p.ndim > 1) == matrix] for matrix in (True, False)]
    optimizer = torch.optim.AdamW(
        [{"params": kinds[0], "weight_decay": 0.1}, {"params": kinds[1], "weight_decay": 0.0}], lr=1e-3
    )
    plain.train()
    for epoch in (1, 2):
        losses = []
        for batch in shuffled(examples.lengths, 8, 0, epoch):
            inputs = tokenizer(
                [texts[row] for row in batch], padding=True, return_tensors="pt", return_token_type_ids=False
            )
            loss = plain(**inputs, labels=codes[batch]).loss
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(plain.parameters(), 1.0)
            optimizer.step()
            losses.append(float(loss.detach()) * len(batch))
        np.testing.assert_allclose(state.history[epoch - 1]["train_loss"], sum(losses) / 44, rtol=1e-4)
    torch.testing.assert_close(
        without_key_biases(network.backbone.state_dict()),
        without_key_biases(plain.roberta.state_dict()),
        rtol=1e-3,
        atol=1e-4,
    )


def test_the_paper_preset_is_the_papers() -> None:
    tuner = FullTuner.from_preset("paper")
    chosen = (tuner.learning_rate, tuner.batch_size, tuner.patience, tuner.schedule, tuner.pooling)
    assert chosen == (1e-4, 16, 10, "constant", "cls")

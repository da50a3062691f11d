"""What a GPU gives: the embedding loop beside ``SentenceTransformer.encode``, and what trains on the card.

python -m benchmarks.speed.gpu --model e5-small --data DIR

DIR holds the published files of XNLI and KorNLI. Vectors are compared with those of the processor before
anything is timed; our times include tokenising and writing to the store.
"""

from __future__ import annotations

import argparse
import statistics
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from sentence_transformers import SentenceTransformer

from benchmarks.measure import Bar, alternate, publish
from benchmarks.speed.embed import (
    PREFIX,
    at_each_batch,
    best_batch,
    contender,
    cosines,
    embed_new,
    mixed_sentences,
    their_encode,
)
from langalign import registry
from langalign.encoders import build, format_spec
from langalign.encoders.base import BaseEncoder

COMPARED = 500
DTYPES = ("fp32", "bf16", "fp16")
BATCHES = (32, 128, 512, 2048)
SIDE = 8192
PRODUCTS = 20
PAIRS, WIDTH = 20_000, 768


def card_rate() -> float:
    """Measure the card's bfloat16 matrix product, in operations a second."""
    random = torch.randn(SIDE, SIDE, device="cuda", dtype=torch.bfloat16)
    times = []
    for _ in range(PRODUCTS):
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        random @ random
        end.record()
        torch.cuda.synchronize()
        times.append(begin.elapsed_time(end) / 1000)
    return 2 * SIDE**3 / statistics.median(times)


def operations(encoder: BaseEncoder, model: torch.nn.Module, texts: list[str]) -> tuple[int, float]:
    """Count the tokens, and the least operations that embedding them takes.

    Each token meets every weight of the linear layers once, an addition and a multiplication; attention
    takes ``4 n² D`` more in each layer for a text of ``n`` tokens.
    """
    _, lengths = encoder.tokenize(texts)
    weights = sum(layer.weight.numel() for layer in model.modules() if isinstance(layer, torch.nn.Linear))
    config: Any = model.config
    attention = 4 * config.num_hidden_layers * config.hidden_size * float((lengths.astype(float) ** 2).sum())
    return int(lengths.sum()), 2 * weights * float(lengths.sum()) + attention


def embedding(model: Path, texts: list[str], repeats: int) -> tuple[list[Bar], dict[str, Any]]:
    """Measure ``embed`` in each number format beside SentenceTransformer at its best batch size."""
    ours = {
        dtype: build(
            format_spec("transformers", str(model), {"prefix": PREFIX, "dtype": dtype}), device="cuda"
        )
        for dtype in DTYPES
    }
    few = texts[:COMPARED]
    spec = format_spec("transformers", str(model), {"prefix": PREFIX})
    expected = embed_new(build(spec, device="cpu"), few)
    worst = {
        dtype: float(cosines(embed_new(encoder, few), expected).min()) for dtype, encoder in ours.items()
    }
    bars = [
        Bar(f"{dtype} on the card: least cosine to the processor's", worst[dtype], 0.9995, "")
        for dtype in DTYPES
    ]
    if not all(bar.holds for bar in bars):
        raise SystemExit(f"vectors differ, so nothing is timed: {worst}")
    theirs = SentenceTransformer(str(model), device="cuda")
    contenders = at_each_batch(their_encode(theirs, texts), BATCHES)
    contenders |= {dtype: partial(embed_new, encoder, texts) for dtype, encoder in ours.items()}
    contenders["tokenising alone"] = partial(ours["fp32"].tokenize, texts)
    median = alternate(contenders, repeats)
    best = best_batch(median, BATCHES)
    at_best = median[contender(best)]
    bars.append(
        Bar(f"fp32 against SentenceTransformer at its best batch, {best}", at_best / median["fp32"], 1)
    )
    tokens, needed = operations(ours["fp32"], theirs[0].auto_model, texts)
    rate = card_rate()
    return bars, {
        "median_seconds": median,
        "tokens": tokens,
        "tokens_per_second": {dtype: tokens / median[dtype] for dtype in DTYPES},
        "card_bf16_operations_per_second": rate,
        "share_of_the_card": {dtype: needed / median[dtype] / rate for dtype in DTYPES},
    }


def training(repeats: int, seed: int) -> dict[str, float]:
    """Time five epochs of each network's default on the processor and on the card."""
    random = np.random.default_rng(seed)
    pairs = [random.standard_normal((PAIRS, WIDTH), dtype=np.float32) for _ in range(2)]

    def fit(name: str, device: str) -> None:
        registry.get("aligners", name).from_preset("default", {"epochs": 5}).fit(
            *pairs, seed=seed, device=device
        )

    return alternate(
        {
            f"{name} on {device}": partial(fit, name, device)
            for name in ("ae", "fc", "residual")
            for device in ("cpu", "cuda")
        },
        repeats,
    )


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="folder of the e5-small checkpoint")
    parser.add_argument("--data", type=Path, required=True, help="folder of XNLI and KorNLI")
    parser.add_argument("--sentences", type=int, default=6000, help="of XNLI and KorNLI")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    texts = mixed_sentences(arguments.data, arguments.sentences, arguments.seed)
    bars, details = embedding(arguments.model, texts, arguments.repeats)
    details["five_epochs_seconds"] = training(1, arguments.seed)
    publish(
        "gpu",
        bars,
        {"card": torch.cuda.get_device_name(), "sentences": len(texts), **details},
        seed=arguments.seed,
    )


if __name__ == "__main__":
    main()

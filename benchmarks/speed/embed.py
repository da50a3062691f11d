"""Embedding: the store's loop beside ``SentenceTransformer.encode``, and the embedded encoder on its own.

pip install 'langalign[sentence-transformers]'
python benchmarks/e5_checkpoint.py e5-small
python -m benchmarks.speed.embed --model e5-small --data DIR

DIR holds the published files of XNLI, KorNLI and SST-2. Vectors are compared before anything is timed;
our times include writing to the store.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from benchmarks.measure import Bar, alternate, publish
from langalign.corpora import ReadOptions, read_texts
from langalign.encoders import build, format_spec
from langalign.encoders.base import BaseEncoder
from langalign.store import Store, fill

PREFIX = "query: "
BATCHES = (8, 16, 32, 64, 128)
CPU_INFO = Path("/proc/cpuinfo")
Encode = Callable[[int], np.ndarray]


def mixed_sentences(data: Path, count: int, seed: int) -> list[str]:
    """Draw distinct sentences, half English and half Korean, in a random order."""
    random = np.random.default_rng(seed)
    options = ReadOptions(data_dir=data)
    drawn: list[str] = []
    for name in ("xnli:dev.en/sentences", "kornli:dev.ko/sentences"):
        distinct = list(dict.fromkeys(read_texts(name, options).texts))
        drawn += [distinct[row] for row in random.permutation(len(distinct))[: count // 2]]
    return [drawn[row] for row in random.permutation(len(drawn))]


def embed_new(encoder: BaseEncoder, texts: list[str]) -> np.ndarray:
    """Embed into an empty store and read the vectors back. Shape: ``(N, D)``."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder), encoder.identity)
        fill(encoder, store, texts)
        return store.vectors(texts)


def their_encode(model: SentenceTransformer, texts: list[str]) -> Encode:
    """Give ``SentenceTransformer.encode`` on the texts, as a function of the batch size."""
    return lambda batch: model.encode(texts, batch_size=batch, prompt=PREFIX, show_progress_bar=False)


def contender(batch: int) -> str:
    """Name ``SentenceTransformer.encode`` at a batch size."""
    return f"SentenceTransformer, batch {batch}"


def at_each_batch(encode: Encode, batches: Sequence[int]) -> dict[str, Callable[[], object]]:
    """Give a contender for each batch size."""
    return {contender(batch): partial(encode, batch) for batch in batches}


def best_batch(median: Mapping[str, float], batches: Sequence[int]) -> int:
    """Tell the batch size at which ``encode`` was fastest."""
    return min(batches, key=lambda batch: median[contender(batch)])


def cosines(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Compare row by row. Shape: ``(N,)``."""
    return (one * other).sum(1) / np.linalg.norm(one, axis=1) / np.linalg.norm(other, axis=1)


def beside_sentence_transformers(model: Path, texts: list[str], repeats: int) -> tuple[list[Bar], dict]:
    """Measure float32, and bfloat16 where the processor has instructions for it."""
    # Mean pooling, if it is told nothing else.
    theirs = their_encode(SentenceTransformer(str(model), device="cpu"), texts)
    expected = theirs(32)
    dtypes = ["fp32"] + ["bf16"] * ("avx512_bf16" in CPU_INFO.read_text() if CPU_INFO.is_file() else 0)
    encoders = {
        dtype: build(
            format_spec("transformers", str(model), {"prefix": PREFIX, "dtype": dtype}), device="cpu"
        )
        for dtype in dtypes
    }
    vectors = {dtype: embed_new(encoder, texts) for dtype, encoder in encoders.items()}
    difference = float(np.abs(vectors["fp32"] - expected).max())
    bars = [Bar("fp32: largest difference to SentenceTransformer", difference, 1e-5, "", at_most=True)]
    if "bf16" in vectors:
        worst = float(cosines(vectors["bf16"], vectors["fp32"]).min())
        bars.append(Bar("bf16: least cosine to fp32", worst, 0.9995, ""))
    if not all(bar.holds for bar in bars):
        raise SystemExit(f"vectors differ, so nothing is timed: {[bar.to_json() for bar in bars]}")

    contenders = at_each_batch(theirs, BATCHES)
    contenders |= {name: partial(embed_new, encoder, texts) for name, encoder in encoders.items()}
    median = alternate(contenders, repeats)
    best = best_batch(median, BATCHES)
    at_32, at_best = (median[contender(batch)] for batch in (32, best))
    bars += [
        Bar("fp32 against SentenceTransformer at batch 32", at_32 / median["fp32"], 1.45),
        Bar(f"fp32 against it at its best batch, {best}", at_best / median["fp32"], 1.35),
    ]
    if "bf16" in median:
        bars.append(Bar(f"bf16 against it in fp32 at batch {best}", at_best / median["bf16"], 2.7))
    exact = {bar.what: bar.figure for bar in bars if not bar.unit}  # the table rounds them
    return bars, {"exact": exact, "median_seconds": median}


def embedded_encoder(data: Path, texts: int, repeats: int) -> Bar:
    """Measure ``use-multilingual`` from texts to stored vectors, with a new encoder each time."""
    sentences = list(dict.fromkeys(read_texts("sst2:train", ReadOptions(data_dir=data)).texts))[:texts]

    def rate() -> float:
        encoder = build("use-multilingual")
        with tempfile.TemporaryDirectory() as folder:
            return fill(encoder, Store(Path(folder), encoder.identity), sentences).to_json()[
                "texts_per_second"
            ]

    rates = [rate() for _ in range(repeats)]
    return Bar("use-multilingual, SST-2 into an empty store", float(np.median(rates)), 1500, "texts/s")


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="folder of the e5-small checkpoint")
    parser.add_argument("--data", type=Path, required=True, help="folder of XNLI, KorNLI and SST-2")
    parser.add_argument("--sentences", type=int, default=2300, help="of XNLI and KorNLI")
    parser.add_argument("--texts", type=int, default=20_000, help="of SST-2, for use-multilingual")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    texts = mixed_sentences(arguments.data, arguments.sentences, arguments.seed)
    bars, details = beside_sentence_transformers(arguments.model, texts, arguments.repeats)
    bars.append(embedded_encoder(arguments.data, arguments.texts, arguments.repeats))
    publish("embed", bars, {"sentences": len(texts), **details}, seed=arguments.seed)


if __name__ == "__main__":
    main()

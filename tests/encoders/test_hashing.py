from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from langalign.encoders import build
from langalign.errors import SpecError
from tests.encoders.small_model import TEXTS

MASK = 2**64 - 1


def _by_hand(text: str, width: int, shortest: int, longest: int) -> np.ndarray:
    """The definition, n-gram by n-gram, in Python's unbounded integers."""
    counts = np.zeros(width)
    framed = "\x02" + text + "\x03"
    for size in range(shortest, longest + 1):
        for start in range(len(framed) - size + 1):
            value = 0
            for letter in framed[start : start + size]:
                value = (value * 0x100000001B3 + ord(letter)) & MASK
            value = (value + size) & MASK
            value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & MASK
            value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & MASK
            value ^= value >> 31
            counts[(value >> 1) % width] += -1.0 if value & 1 else 1.0
    return counts / max(np.linalg.norm(counts), 1.0)


@pytest.mark.parametrize(("width", "shortest", "longest"), [(256, 2, 4), (7, 1, 1), (32, 3, 5)])
def test_vectors_are_the_definition(width: int, shortest: int, longest: int):
    encoder = build(f"hashing[width={width},shortest={shortest},longest={longest}]")
    expected = [_by_hand(text, width, shortest, longest) for text in [*TEXTS, "", "a", "👍🏽 \ud800"]]
    np.testing.assert_allclose(encoder.encode([*TEXTS, "", "a", "👍🏽 \ud800"]), expected, atol=1e-7)


def test_vectors_have_length_one_and_differ():
    vectors = build("hashing").encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    assert len(np.unique(vectors, axis=0)) == len(TEXTS)


def test_texts_that_share_words_are_nearer():
    near, far, text = build("hashing").encode(["the film was good", "나쁜 영화", "the film was goods"])
    assert near @ text > 0.8 > 0.2 > far @ text


def test_vectors_are_the_same_under_every_hash_seed():
    program = (
        "from langalign.encoders import build; print(build('hashing').encode(['한 text']).tobytes().hex())"
    )
    told = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={"PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert told == {build("hashing").encode(["한 text"]).tobytes().hex()}


def test_known_numbers_never_change():
    vector = build("hashing[width=8]").encode(["stored vectors depend on this"])[0]
    counts = np.round(vector / np.abs(vector[vector != 0]).min()).astype(int)
    assert counts.tolist() == [-1, -2, 4, 7, 1, -2, 2, 4]


@pytest.mark.parametrize("options", ["width=0", f"width={10**20}", "shortest=0", "shortest=3,longest=2"])
def test_options_out_of_range_are_refused(options: str):
    with pytest.raises(SpecError, match=r"width=|shortest="):
        build(f"hashing[{options}]")

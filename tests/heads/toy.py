"""Vectors whose labels anyone can tell."""

from __future__ import annotations

import numpy as np

WIDTH = 8
CLASSES = ("bad", "fair", "good")


def clusters(
    rows: int = 240, classes: tuple[str, ...] = CLASSES, seed: int = 0
) -> tuple[np.ndarray, list[str]]:
    """Draw points around one centre for each class, well apart."""
    rng = np.random.default_rng(seed)
    codes = rng.permutation(np.arange(rows) % len(classes))
    centres = np.random.default_rng(99).standard_normal((len(classes), WIDTH)) * 3
    vectors = centres[codes] + 0.5 * rng.standard_normal((rows, WIDTH))
    return vectors.astype(np.float32), [classes[code] for code in codes]


def slope(rows: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw points whose score is a linear function of the vector, with a little noise."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((rows, WIDTH)).astype(np.float32)
    direction = np.random.default_rng(98).standard_normal(WIDTH)
    return vectors, 2.5 + vectors @ direction + 0.05 * rng.standard_normal(rows)


def blur(rows: int = 600, width: int = 12, classes: int = 2, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Draw classes that overlap, on a lopsided cloud far from the origin; labels as codes."""
    rng = np.random.default_rng(seed)
    vectors = rng.standard_normal((rows, width)) * np.geomspace(0.02, 2.0, width) + 5.0
    logits = (vectors - 5.0) @ rng.standard_normal((width, classes)) * 1.5
    codes = (logits + rng.gumbel(size=logits.shape)).argmax(axis=1)
    return vectors.astype(np.float32), codes

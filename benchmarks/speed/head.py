"""``fit-head linear`` on stored vectors, beside scikit-learn's LogisticRegression on an array in memory.

python -m benchmarks.speed.head
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

from benchmarks.measure import Bar, alternate, publish
from benchmarks.speed.closed_form import stored
from langalign.heads import fit_head
from langalign.types import Vectors

WIDTH = 384
TEST_ROWS = 20_000
CLASSES = ("contradiction", "entailment", "neutral")


def draw(rows: int, seed: int) -> tuple[Vectors, NDArray[np.str_]]:
    """Draw vectors as anisotropic as sentence embeddings, and labels that a linear map half explains."""
    random = np.random.default_rng(seed)
    scales = np.exp(-np.arange(WIDTH, dtype=np.float32) / 100)
    turn, _ = np.linalg.qr(random.standard_normal((WIDTH, WIDTH), dtype=np.float32))
    latent = random.standard_normal((rows, WIDTH), dtype=np.float32)
    logits = latent @ random.standard_normal((WIDTH, len(CLASSES)), dtype=np.float32) / 8
    labels = np.array(CLASSES)[(logits + random.gumbel(size=logits.shape)).argmax(axis=1)]
    vectors = (latent * scales) @ turn + random.standard_normal(WIDTH, dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), labels


def main() -> None:
    """Measure and publish."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seed", type=int, default=0)
    arguments = parser.parse_args()
    vectors, labels = draw(arguments.rows + TEST_ROWS, arguments.seed)
    test, test_labels = vectors[-TEST_ROWS:], labels[-TEST_ROWS:]
    vectors, labels = vectors[:-TEST_ROWS], labels[:-TEST_ROWS]
    accuracy: dict[str, float] = {}

    with tempfile.TemporaryDirectory() as folder:
        rows = stored(Path(folder), "rows", vectors)

        def ours() -> float:
            """Fit as a user would, the penalty chosen on validation; give that penalty."""
            head = fit_head("linear", rows, labels, seed=arguments.seed).head
            accuracy["langalign"] = float((head.predict(test) == test_labels).mean())
            return float(head.history_[-1]["penalty"])

        # scikit-learn is told the same strength and need not look for it: mean loss + ½ λ σ² ‖W‖².
        strength = ours() * vectors.var(axis=0).mean()

        def theirs() -> None:
            model = LogisticRegression(C=1 / (strength * len(vectors)), max_iter=1000).fit(vectors, labels)
            accuracy["scikit-learn"] = float(model.score(test, test_labels))

        median = alternate({"scikit-learn": theirs, "langalign": ours}, arguments.repeats)
    what = f"linear head on {arguments.rows:,} × {WIDTH} stored vectors"
    bars = [
        Bar(
            f"{what}: time, as a share of LogisticRegression's",
            median["langalign"] / median["scikit-learn"],
            1.2,
            at_most=True,
        ),
        Bar(
            f"{what}: test accuracy, beyond LogisticRegression's",
            100 * (accuracy["langalign"] - accuracy["scikit-learn"]),
            -0.1,
            "points",
        ),
    ]
    publish("head", bars, {"median_seconds": median, "accuracy": accuracy}, seed=arguments.seed)


if __name__ == "__main__":
    main()

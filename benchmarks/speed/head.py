"""``fit-head linear`` on stored vectors, beside scikit-learn's LogisticRegression on an array in memory.

python -m benchmarks.speed.head

scikit-learn is given the rows that langalign learns from and the penalty that it chose, so that both have
one optimum. LogisticRegression is timed as a user has it, on float32 with its own tolerance, where it stops
short of that optimum. Its accuracy is that of float64 and a fine tolerance, and there the two penalised
losses must agree before anything is timed.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss

from benchmarks.measure import Bar, alternate, publish
from benchmarks.speed.closed_form import stored
from langalign.heads import fit_head
from langalign.heads._fit import split_labels
from langalign.heads.base import Head
from langalign.types import Vectors

WIDTH = 384
TEST_ROWS = 20_000
CONVERGED = {"tol": 1e-6, "max_iter": 10_000}
AGREEMENT = 1e-4
"""Largest share by which the two penalised losses may differ."""

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


def penalised(probabilities: NDArray[np.float64], labels: NDArray[np.str_], penalty: float) -> float:
    """Give the loss that both sides minimise: mean cross-entropy, and the weights' penalty."""
    return float(log_loss(labels, probabilities, labels=CLASSES)) + penalty


def require_one_optimum(ours: float, theirs: float) -> None:
    """Refuse to time solutions of which one is worse."""
    if abs(ours / theirs - 1) > AGREEMENT:
        raise SystemExit(f"penalised losses differ, so nothing is timed: {ours} and {theirs}")


def compare(
    vectors: Vectors,
    labels: NDArray[np.str_],
    test: Vectors,
    answers: NDArray[np.str_],
    repeats: int,
    seed: int,
) -> dict[str, Any]:
    """Fit both sides, hold their solutions beside each other, and only then time them."""
    learned, _ = split_labels(labels, seed=seed)
    train, train_labels = vectors[learned], labels[learned]
    with tempfile.TemporaryDirectory() as folder:
        rows = stored(Path(folder), "rows", vectors)

        def ours() -> Head:
            """Fit as a user would, the penalty chosen on validation."""
            return fit_head("linear", rows, labels, seed=seed).head

        head = ours()
        penalty = float(head.history_[-1]["penalty"])
        strength = penalty * float(train.var(axis=0).mean())

        def theirs(
            vectors: NDArray[Any] = train, tol: float = 1e-4, max_iter: int = 1000
        ) -> LogisticRegression:
            """Fit with the same penalty, which need not be looked for: mean loss + ½ λ σ² ‖W‖²."""
            model = LogisticRegression(C=1 / (strength * len(train)), tol=tol, max_iter=max_iter)
            return model.fit(vectors, train_labels)

        model = theirs(train.astype(np.float64), **CONVERGED)
        solutions = {
            "langalign": (head.scores(train), head.state()["1.weight"]),
            "scikit-learn": (model.predict_proba(train), model.coef_),
        }
        losses = {
            name: penalised(probabilities, train_labels, strength / 2 * float(np.square(weight).sum()))
            for name, (probabilities, weight) in solutions.items()
        }
        require_one_optimum(losses["langalign"], losses["scikit-learn"])
        median = alternate({"scikit-learn": theirs, "langalign": ours}, repeats)
    return {
        "penalty": penalty,
        "penalised_loss": losses,
        "accuracy": {
            "langalign": float((head.predict(test) == answers).mean()),
            "scikit-learn": float(model.score(test, answers)),
        },
        "converged_passes": int(model.n_iter_[0]),
        "median_seconds": median,
    }


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
    train, test = slice(None, -TEST_ROWS), slice(-TEST_ROWS, None)
    details = compare(
        vectors[train], labels[train], vectors[test], labels[test], arguments.repeats, arguments.seed
    )
    median, accuracy = details["median_seconds"], details["accuracy"]
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
    publish("head", bars, details, seed=arguments.seed, peers=("scikit-learn",))


if __name__ == "__main__":
    main()

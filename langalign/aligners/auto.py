"""Auto aligner: fits the others and keeps the one whose pairs are easiest to tell from all others.

Neither the squared error nor the mean cosine can choose: both look good when every vector is thrown to
one place. The criterion here is at its worst in that very case.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import cross_entropy, normalize

from langalign import registry
from langalign.aligners.base import Aligner, Pairs, Run
from langalign.analysis.sample import evenly
from langalign.errors import ShapeError, SpecError, UnknownPartError
from langalign.progress import part
from langalign.training.rows import PickedRows
from langalign.training.split import split_pairs
from langalign.types import Rows, Vectors

TEMPERATURES = (0.0025, 0.005, 0.01, 0.02, 0.05, 0.1)
"""What cosines are divided by; each candidate is judged at the one that suits it best. Encoders differ in
how widely they spread sentences: at 0.05, usual elsewhere, spread alone would decide for some."""

_JUDGED_PAIRS = 2000
_WINNER = "winner"


@dataclass(kw_only=True)
class AutoAligner(Aligner):
    """Chooses by the symmetric contrastive log-likelihood of held-out pairs.

    With ``sᵢⱼ = cos(A(xᵢ), yⱼ) / τ`` it is the mean over pairs of ``log softmaxⱼ(sᵢⱼ)`` and
    ``log softmaxᵢ(sᵢⱼ)`` at the true partner, for the best ``τ`` of :data:`TEMPERATURES`: CLIP's loss with
    its sign turned (`Radford et al., 2021`_). If all vectors lie in one place it is ``−log P``, that of a
    blind guess, for every ``τ``.

    .. _Radford et al., 2021: https://arxiv.org/abs/2103.00020
    """

    keep_target: bool | None = None
    """Give each pair as two examples; by default each candidate decides for itself."""

    candidates: str = "identity,mean-shift,procrustes,linear,residual,ae"
    """Names to try, with their default presets; of equally good ones the first is kept. One that does not
    suit the widths is skipped."""

    winner_: str = field(default="", init=False, repr=False)
    aligner_: Aligner = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the candidates."""
        choices = [name for name in registry.names("aligners") if name != "auto"]
        for name in self.candidates.split(","):
            if name not in choices:
                raise UnknownPartError("candidate", name, choices)

    def _fit(self, source: Rows, target: Rows, run: Run) -> None:
        train, validation = _held_out(source, target, run)
        self.winner_, best = "", -np.inf
        history: list[dict[str, Any]] = []
        names = self.candidates.split(",")
        for number, name in enumerate(names):
            progress = part(run.progress, number, len(names))
            try:
                aligner = self._fitted(name, train, replace(run, validation=validation, progress=progress))
            except ShapeError as error:
                history.append({"candidate": name, "skipped": str(error)})
                continue
            figures = _figures(aligner, validation)
            history.append({"candidate": name, **figures})
            if figures["log_likelihood"] > best:
                best, self.winner_, self.aligner_ = figures["log_likelihood"], name, aligner
        if not self.winner_:
            raise SpecError(f"none of the candidates {self.candidates} suits the widths; name others")
        self.history_ = tuple(history)

    def _fitted(self, name: str, pairs: Pairs, run: Run) -> Aligner:
        options = {} if self.keep_target is None else {"keep_target": self.keep_target}
        aligner: Aligner = registry.get("aligners", name).from_preset("default", options)
        return aligner.fit(
            *pairs, validation=run.validation, seed=run.seed, device=run.device, progress=run.progress
        )

    def _transform(self, vectors: Vectors) -> NDArray[Any]:
        return self.aligner_.transform(vectors)

    def state(self) -> dict[str, NDArray[Any]]:
        """Give the winner's arrays, and its name."""
        self.widths()
        name = np.frombuffer(self.winner_.encode(), dtype=np.uint8)
        return {_WINNER: name, **self.aligner_.state()}

    def _restore(self, state: Mapping[str, NDArray[Any]], source_width: int, target_width: int) -> None:
        self.winner_ = bytes(state.get(_WINNER, np.empty(0, np.uint8))).decode(errors="replace")
        aligner: Aligner = registry.get("aligners", self.winner_)()
        self.aligner_ = aligner.restore(state, source_width, target_width)


def _held_out(source: Rows, target: Rows, run: Run) -> tuple[Pairs, Pairs]:
    """Give pairs to learn and pairs to judge by; hold some out where none were."""
    if run.validation is not None:
        return (source, target), run.validation
    split = split_pairs(np.arange(len(source)), seed=run.seed)
    train = PickedRows(source, split.train), PickedRows(target, split.train)
    return train, (PickedRows(source, split.validation), PickedRows(target, split.validation))


def _figures(aligner: Aligner, validation: Pairs) -> dict[str, float]:
    """Judge a fitted aligner by at most 2,000 held-out pairs."""
    source, target = (side[evenly(len(side), _JUDGED_PAIRS)] for side in validation)
    moved = normalize(torch.from_numpy(aligner.transform(source)).double())  # (P, E)
    cosines = moved @ normalize(torch.tensor(target).double()).T  # (P, P)
    partner = torch.arange(len(cosines))
    both = cosines, cosines.T
    losses = [sum(float(cross_entropy(way / each, partner)) for way in both) / 2 for each in TEMPERATURES]
    found = [float((way.argmax(1) == partner).double().mean()) for way in both]
    return {
        "log_likelihood": -min(losses),
        "cosine_mean": float(cosines.diagonal().mean()),
        "p_at_1": sum(found) / 2,
    }

"""What tuning a translator came to, and how it is found again.

``tuning.json`` tells what was tuned on what, and the figures; ``train_results.json`` how long it took.
The latter is apart, as the digest of a model's folder covers ``tuning.json`` but not this, and two runs
that are alike shall give one digest: a translation memory goes by it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from langalign.errors import DataError
from langalign.translation._scores import Scores
from langalign.translation.seq2seq import TUNING

FORMAT = 2
RESULTS = "train_results.json"
_NOT_FIGURES = ("out", "seconds", "reused")


@dataclass(frozen=True)
class TunedTranslator:
    """What tuning came to.

    :param out: Folder of the model.
    :param pairs: Pairs given.
    :param train_pairs: Those that were learned.
    :param validation_pairs: Those held out, for stopping and for the scores.
    :param scored_pairs: Held-out pairs that were translated for the scores.
    :param epochs: Passes over the pairs.
    :param scores: chrF and BLEU of held-out pairs.
    :param history: Losses by epoch.
    :param seconds: Time spent tuning and scoring, over all the processes that worked on it.
    :param reused: Whether it was made before, by the same call.
    """

    out: Path
    pairs: int
    train_pairs: int
    validation_pairs: int
    scored_pairs: int
    epochs: int
    scores: Scores
    history: list[dict[str, float]]
    seconds: float
    reused: bool = False

    def to_json(self) -> dict[str, Any]:
        """Tell all of it."""
        told = asdict(self)
        return {**told, **told.pop("scores"), "out": str(self.out)}

    def figures(self) -> dict[str, Any]:
        """Tell what another run of the same call would tell, too."""
        return {name: value for name, value in self.to_json().items() if name not in _NOT_FIGURES}


def read_finished(out: Path, run: Mapping[str, Any]) -> TunedTranslator | None:
    """Read what a run told when it was done.

    :param out: Folder of its model.
    :param run: Whatever decides the weights.
    :return: Its figures; None where nothing is there yet.
    :raises DataError: If something else is there, or another run's model.
    """
    from langalign.training.run_state import refuse_other

    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    try:
        record = json.loads((out / TUNING).read_bytes())
        refuse_other({name: record[name] for name in run}, run, f"{out} was tuned")
        scores = Scores(**{field.name: record[field.name] for field in fields(Scores)})
        own = {field.name for field in fields(TunedTranslator)} - {"scores", *_NOT_FIGURES}
        seconds = float(json.loads((out / RESULTS).read_bytes())["seconds"])
        figures = {name: record[name] for name in own}
        return TunedTranslator(out, scores=scores, seconds=seconds, reused=True, **figures)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{out}: something is there, but no translator that was tuned to the end; remove it, or choose "
            "another --out"
        ) from error

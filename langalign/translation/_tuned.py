"""What tuning a translator came to, and how it is found again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from langalign.errors import DataError
from langalign.translation._scores import Scores
from langalign.translation.seq2seq import TUNING

FORMAT = 1


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
        """Give the figures."""
        figures = asdict(self)
        return {**figures, **figures.pop("scores"), "out": str(self.out)}


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
        found = {name: record[name] for name in ("format", *run)}
        scores = Scores(**{field.name: record[field.name] for field in fields(Scores)})
        own = {field.name for field in fields(TunedTranslator)} - {"out", "scores", "reused"}
        tuned = TunedTranslator(out, scores=scores, reused=True, **{name: record[name] for name in own})
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DataError(
            f"{out}: something is there, but no translator that was tuned to the end; remove it, or choose "
            "another --out"
        ) from error
    refuse_other(found, {"format": FORMAT, **run}, f"{out} was tuned")
    return tuned

"""Saves an aligner as a complete folder, and loads it for the vectors it was made for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from numpy.typing import ArrayLike

from langalign import registry
from langalign.aligners._pairs import Direction, FittedPairs
from langalign.aligners.base import Aligner
from langalign.environment import environment
from langalign.errors import DamageError, LangalignError
from langalign.part_folder import SavedPart, check_encoder, check_fields, encoder_record, load_part, save_part
from langalign.paths import user_path
from langalign.types import Encoder, Identity, Rows, Vectors

KIND = "aligner"
_FIELDS = {
    "name": str,
    "options": dict,
    "widths.from": int,
    "widths.to": int,
    "direction": str,
    "encoders.source.spec": str,
    "encoders.source.fingerprint": str,
    "encoders.target.spec": str,
    "encoders.target.fingerprint": str,
}


@dataclass(frozen=True)
class SavedAligner:
    """An aligner out of its folder.

    :param aligner: The aligner, fitted.
    :param config: What ``aligner.json`` says.
    :param folder: Where it was loaded from.
    """

    aligner: Aligner
    config: Mapping[str, Any]
    folder: Path

    @property
    def direction(self) -> Direction:
        """Tell which side it moves, and onto which."""
        direction: Direction = self.config["direction"]
        return direction

    @property
    def moves(self) -> Literal["source", "target"]:
        """Tell the side that it moves."""
        return "source" if self.direction == "source-to-target" else "target"

    def encoder(self, side: Literal["source", "target"]) -> Mapping[str, Any]:
        """Tell the encoder of a side: ``spec``, ``fingerprint`` and ``identity``."""
        record: Mapping[str, Any] = self.config["encoders"][side]
        return record

    def check(self, identity: Identity, side: Literal["source", "target"] | None = None) -> None:
        """Refuse vectors of an encoder it was not fitted on.

        :param identity: The encoder's.
        :param side: By default the side that it moves; the one that ``--encoder`` names where only one side
            is met. Where both are, the target side's is named by ``--target-encoder``.
        :raises IdentityError: If it is another one.
        """
        option = "--target-encoder" if side == "target" else "--encoder"
        check_encoder(self.encoder(side or self.moves), identity, f"the aligner {self.folder}", option)

    def transform(self, vectors: Rows | ArrayLike) -> Vectors:
        """Carry vectors over.

        :param vectors: Rows, or what numpy reads as such. Shape: ``(N, D)``.
        :return: Shape: ``(N, E)``.
        :raises ShapeError: If the width is not the one that was fitted.
        :raises DataError: If they are no numbers.
        """
        return self.aligner.transform(vectors)


def save_aligner(fitted: FittedPairs, folder: Path | str, source: Encoder, target: Encoder) -> None:
    """Save an aligner: weights, options, encoders, history and figures.

    :param fitted: What :func:`~langalign.aligners.fit_pairs` gave.
    :param folder: Where to; an older aligner is replaced.
    :param source: Encoder of the source side.
    :param target: Encoder of the target side.
    :raises DataError: If the folder holds something else.
    :raises StoreError: If it cannot be written.
    """
    aligner = fitted.aligner
    source_width, target_width = aligner.widths()
    config = {
        "name": fitted.name,
        "preset": fitted.preset,
        "options": aligner.options(),
        "widths": {"from": source_width, "to": target_width},
        "direction": fitted.direction,
        "encoders": {"source": encoder_record(source), "target": encoder_record(target)},
        "seed": fitted.seed,
        "train_pairs": fitted.train_pairs,
        "validation_pairs": fitted.validation_pairs,
        "epochs": fitted.epochs,
        "before": fitted.before,
        "after": fitted.after,
        "environment": environment(),
    }
    save_part(folder, KIND, SavedPart(config, aligner.state(), aligner.history_))


def load_aligner(folder: Path | str) -> SavedAligner:
    """Load a saved aligner.

    :param folder: What :func:`save_aligner` wrote.
    :return: The aligner and what it was made for.
    :raises DataError: If there is no such folder.
    :raises DamageError: If its files are not what was written.
    """
    folder = user_path(folder)
    saved = load_part(folder, KIND)
    try:
        check_fields(saved.config, _FIELDS)
        if saved.config["direction"] not in get_args(Direction):
            raise TypeError(f"its direction is {saved.config['direction']!r}")
        aligner: Aligner = registry.get("aligners", saved.config["name"]).from_preset(
            "default", saved.config["options"]
        )
        widths = saved.config["widths"]
        aligner.restore(saved.state, widths["from"], widths["to"])
    except (KeyError, TypeError, LangalignError) as error:
        raise DamageError(f"{folder}: cannot be rebuilt: {error}; fit the aligner again") from error
    aligner.history_ = tuple(saved.history)
    return SavedAligner(aligner, saved.config, folder)

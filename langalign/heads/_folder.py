"""Saves a head with what must stand before it, as a complete folder, and loads it again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from types import UnionType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from langalign import registry
from langalign.environment import environment
from langalign.errors import DamageError, LangalignError
from langalign.heads._characters import Characters
from langalign.heads._features import Features, Mover
from langalign.heads._fit import FittedHead
from langalign.heads._labels import Task
from langalign.heads.base import Head
from langalign.part_folder import SavedPart, check_encoder, check_fields, load_part, save_part
from langalign.paths import user_path
from langalign.store.texts import text_list
from langalign.types import Identity, Rows, Text

KIND, ALIGNER = "head", "aligner"
_CHARACTERS = "characters."
_FIELDS: dict[str, type | UnionType] = {
    "name": str,
    "options": dict,
    "width": int,
    "task": dict,
    "task.classes": list,
    "encoder.spec": str,
    "encoder.fingerprint": str,
    "pair_features": str | None,
    "aligner": bool,
}


@dataclass(frozen=True)
class SavedHead:
    """A head out of its folder.

    :param head: The head, fitted.
    :param config: What ``head.json`` says.
    :param folder: Where it was loaded from.
    :param characters: What scores each text's characters beside its vector, if the head was co-trained.
    """

    head: Head
    config: Mapping[str, Any]
    folder: Path
    characters: Characters | None = None

    @property
    def encoder(self) -> Mapping[str, Any]:
        """Tell the encoder whose vectors the head takes: ``spec``, ``fingerprint`` and ``identity``."""
        record: Mapping[str, Any] = self.config["encoder"]
        return record

    @property
    def pair_features(self) -> str | None:
        """Tell how sentence pairs were made vectors: ``joint``, ``sentence``; None for single texts."""
        features: str | None = self.config["pair_features"]
        return features

    @property
    def aligner(self) -> Path | None:
        """Tell the folder of the aligner that stands before the head at inference, if one does."""
        return self.folder / ALIGNER if self.config["aligner"] else None

    def check(self, identity: Identity) -> None:
        """Refuse vectors of an encoder that the head was not fitted on.

        :param identity: Of the encoder, or of the one whose vectors an aligner gives.
        :raises IdentityError: If it is another one.
        """
        check_encoder(self.encoder, identity, f"the head {self.folder}")

    def features(
        self,
        texts: Iterable[Text],
        rows: Callable[[Sequence[Text]], Rows],
        aligner: Mover | None = None,
    ) -> Features:
        """Make what :meth:`scores` and :meth:`predict` take of texts.

        :param texts: ``N`` texts, or sentence pairs if and only if there are pair features.
        :param rows: Gives the vectors of texts, as :func:`langalign.embed` or ``Store.rows`` do.
        :param aligner: Moves the vectors first, such as the one loaded from :attr:`aligner`.
        :return: Rows, made when they are read. Shape: ``(N, width)``.
        :raises DataError: If ``texts`` is a single string, or one of them is no text.
        :raises SpecError: If a text is a pair and should not be, or the other way round.
        """
        return Features.of(
            text_list(texts),
            rows,
            pair_features=self.pair_features,
            aligner=aligner,
            characters=self.characters,
        )

    def scores(self, vectors: Rows | ArrayLike) -> NDArray[np.float64]:
        """Tell probabilities, shape ``(N, K)``, or scores; see :meth:`~langalign.heads.base.Head.scores`."""
        return self.head.scores(vectors)

    def predict(self, vectors: Rows | ArrayLike) -> list[str] | NDArray[np.float64]:
        """Tell labels or scores; see :meth:`~langalign.heads.base.Head.predict`."""
        return self.head.predict(vectors)


def save_head(
    fitted: FittedHead,
    folder: Path | str,
    *,
    encoder: Mapping[str, Any],
    pair_features: str | None = None,
    aligner: Path | str | None = None,
) -> None:
    """Save a head: weights, options, labels, encoder, history, figures, characters, a copy of its aligner.

    :param fitted: What :func:`~langalign.heads.fit_head` gave.
    :param folder: Where to; an older head is replaced.
    :param encoder: The encoder whose vectors the head takes, as
        :func:`~langalign.part_folder.encoder_record` describes it.
    :param pair_features: ``joint`` or ``sentence``; None for single texts.
    :param aligner: Folder of the aligner that shall stand before the head at inference.
    :raises DataError: If the folder holds something else.
    :raises StoreError: If it cannot be written.
    """
    head = fitted.head
    config = {
        "name": fitted.name,
        "preset": fitted.preset,
        "options": head.options(),
        "width": head.require_fitted(),
        "task": asdict(head.task_),
        "encoder": dict(encoder),
        "pair_features": pair_features,
        "aligner": aligner is not None,
        "seed": fitted.seed,
        "train_rows": fitted.train_rows,
        "validation_rows": fitted.validation_rows,
        "epochs": fitted.epochs,
        "validation": dict(fitted.validation),
        "environment": environment(),
    }
    copies = {ALIGNER: aligner} if aligner else {}
    beside = vars(fitted.characters) if fitted.characters else {}
    state = {**head.state(), **{_CHARACTERS + name: array for name, array in beside.items()}}
    save_part(folder, KIND, SavedPart(config, state, head.history_), copies)


def load_head(folder: Path | str) -> SavedHead:
    """Load a saved head.

    :param folder: What :func:`save_head` wrote.
    :return: The head and what it was made for.
    :raises DataError: If there is no such folder.
    :raises DamageError: If its files are not what was written.
    """
    folder = user_path(folder)
    saved = load_part(folder, KIND)
    try:
        config = saved.config
        check_fields(config, _FIELDS)
        if not all(isinstance(name, str) for name in config["task"]["classes"]):
            raise TypeError(f"its classes are {config['task']['classes']!r}")
        head: Head = registry.get("heads", config["name"]).from_preset("default", config["options"])
        task = Task(**{**config["task"], "classes": tuple(config["task"]["classes"])})
        own, beside = _divided(saved.state)
        head.restore(own, config["width"], task)
        characters = Characters.restore(beside, len(task.classes)) if beside else None
    except (KeyError, TypeError, LangalignError) as error:
        raise DamageError(f"{folder}: cannot be rebuilt: {error}; fit the head again") from error
    head.history_ = tuple(saved.history)
    return SavedHead(head, config, folder, characters)


def _divided(state: Mapping[str, NDArray[Any]]) -> tuple[dict[str, NDArray[Any]], dict[str, NDArray[Any]]]:
    """Tell the head's arrays from those of the characters, which lose their prefix."""
    beside = {name: array for name, array in state.items() if name.startswith(_CHARACTERS)}
    own = {name: array for name, array in state.items() if name not in beside}
    return own, {name.removeprefix(_CHARACTERS): array for name, array in beside.items()}

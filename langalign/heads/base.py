"""What every head has in common: options, presets, checks, labels and scores."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Self

from langalign.errors import DataError, NotFittedError, ShapeError
from langalign.heads._labels import Targets, Task
from langalign.option_checks import require_choice
from langalign.part_options import current_options, preset_options
from langalign.training.label_kind import CLASSIFICATION, REGRESSION, Labels, resolve_kind
from langalign.training.rows import as_rows, blocks, read_rows
from langalign.types import Option, Progress, Rows, Vectors

TASKS = ("auto", "classification", "regression")
CLASS_WEIGHTS = ("none", "balanced")
LARGEST = 1e15
"""Numbers that a head takes; squares of larger ones, added up, come near the end of float32."""


@dataclass(frozen=True, kw_only=True)
class Run:
    """Hold what a fit may use beside the training rows.

    :param validation: Held-out vectors and targets, for choices and early stopping.
    :param seed: Seed of everything random.
    :param device: Torch device that trains.
    :param progress: Is told steps done and in all.
    """

    validation: tuple[Vectors, Targets] | None = None
    seed: int = 0
    device: str = "cpu"
    progress: Progress | None = None


@dataclass(kw_only=True)
class Head(ABC):
    """Tells the label of a vector: a class, or a score.

    Options are dataclass fields; what :meth:`fit` learns ends in ``_``. A subclass in a file of this
    folder is a head of the file's name and writes four methods: :meth:`_fit`, :meth:`_outputs`,
    :meth:`state` and :meth:`_restore`.
    """

    task: str = "auto"
    """``classification``, ``regression``, or ``auto``: regression if all labels are numbers and some
    are not whole."""

    class_weights: str = "none"
    """``none``: each row counts the same; ``balanced``: each class does."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {"default": {}}
    """Named sets of options; ``default`` is what the fields say."""

    width_: int | None = field(default=None, init=False, repr=False)
    task_: Task = field(default=Task(CLASSIFICATION), init=False, repr=False)
    history_: tuple[Mapping[str, Any], ...] = field(default=(), init=False, repr=False)

    def __post_init__(self) -> None:
        """Check the options.

        :raises SpecError: If one has no such choice.
        """
        for name, choices in (("task", TASKS), ("class_weights", CLASS_WEIGHTS)):
            require_choice(name, getattr(self, name), choices)

    @classmethod
    def from_preset(cls, preset: str = "default", options: Mapping[str, Option] | None = None) -> Self:
        """Build a head from a named set of options.

        :param preset: A key of :attr:`PRESETS`.
        :param options: Single options that override the preset's.
        :return: A head that is not fitted yet.
        :raises SpecError: If the preset or an option is unknown, or a value of the wrong type.
        """
        return cls(**preset_options(cls, preset, options))

    def options(self) -> dict[str, Option]:
        """Tell every option with its value; ``from_preset("default", options)`` builds the like again."""
        return current_options(self)

    @property
    def labels_(self) -> tuple[str, ...]:
        """Tell the ``K`` classes, sorted; none for regression."""
        return self.task_.classes

    def fit(
        self,
        vectors: Rows,
        labels: Labels,
        *,
        validation: tuple[Rows, Labels] | None = None,
        seed: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
    ) -> Self:
        """Learn the labels of vectors.

        :param vectors: Shape: ``(N, D)``.
        :param labels: Class names or scores. Shape: ``(N,)``.
        :param validation: Held-out vectors and labels, for choices and early stopping.
        :param seed: Seed of everything random.
        :param device: Torch device that trains.
        :param progress: Is told steps done and in all.
        :return: This head, fitted.
        :raises ShapeError: If vectors and labels do not fit each other.
        :raises DataError: If there is nothing to tell apart, a label is unknown, or a value is NaN.
        """
        _check_rows(vectors, labels)
        task = Task.of(labels, resolve_kind(labels, self.task))
        held_out = None
        if validation is not None:
            _check_rows(*validation)
            if validation[0].shape[1] != vectors.shape[1]:
                raise ShapeError(
                    f"the vectors have width {vectors.shape[1]} but those for validation "
                    f"{validation[0].shape[1]}; embed both with one encoder"
                )
            held_out = read_rows(validation[0]), task.targets(validation[1])
        self.task_, self.width_ = task, None
        run = Run(validation=held_out, seed=seed, device=device, progress=progress)
        self._fit(_moderate(read_rows(vectors)), task.targets(labels), run)
        self.width_ = vectors.shape[1]
        return self

    def scores(self, vectors: Rows | ArrayLike) -> NDArray[np.float64]:
        """Tell how probable each class is, or the score.

        :param vectors: Rows, or what numpy reads as such. Shape: ``(N, D)``.
        :return: Probabilities in the order of ``labels_``, shape ``(N, K)``; for regression the
            scores, shape ``(N, 1)``.
        :raises NotFittedError: If called before :meth:`fit`.
        :raises ShapeError: If the width is not the one that was fitted.
        :raises DataError: If a value is NaN or infinite, or they are no numbers.
        """
        self.require_fitted()
        rows = as_rows(vectors)
        if len(rows.shape) != 2 or rows.shape[1] != self.width_:
            raise ShapeError(
                f"the head takes vectors of shape (N, {self.width_}), got {tuple(rows.shape)}; use the "
                "encoder, the aligner, the pair features and, if co-trained, the characters that it was "
                "fitted with; a loaded head makes them of texts with features()"
            )
        outputs = np.empty((len(rows), self.task_.outputs))
        for block in blocks(rows):
            outputs[block] = self._outputs(read_rows(rows[block]))
        return self.task_.scores(outputs)

    def predict(self, vectors: Rows | ArrayLike) -> list[str] | NDArray[np.float64]:
        """Tell the label of each vector.

        :param vectors: Rows, or what numpy reads as such. Shape: ``(N, D)``.
        :return: ``N`` class names; for regression the scores, shape ``(N,)``.
        :raises NotFittedError: If called before :meth:`fit`.
        :raises ShapeError: If the width is not the one that was fitted.
        """
        return self.task_.decide(self.scores(vectors))

    def require_fitted(self) -> int:
        """Tell the width of the vectors.

        :return: ``D``.
        :raises NotFittedError: If called before :meth:`fit`.
        """
        if self.width_ is None:
            raise NotFittedError(f"this {type(self).__name__} is not fitted; call fit or load a fitted one")
        return self.width_

    def restore(self, state: Mapping[str, NDArray[Any]], width: int, task: Task) -> Self:
        """Rebuild a fitted head.

        :param state: Arrays from :meth:`state`.
        :param width: ``D``.
        :param task: What the outputs mean.
        :return: This head, fitted.
        :raises ShapeError: If an array is missing, or its shape does not suit the width.
        """
        self.task_, self.width_ = task, None
        self._restore(state, width)
        self.width_ = width
        return self

    @abstractmethod
    def _fit(self, vectors: Vectors, targets: Targets, run: Run) -> None:
        """Learn; the arguments are checked and may be overwritten, and :attr:`task_` is set."""

    @abstractmethod
    def _outputs(self, vectors: Vectors) -> NDArray[Any]:
        """Give the logits of the classes of a block, ``(n, K)``, or the standardised scores, ``(n, 1)``."""

    @abstractmethod
    def state(self) -> dict[str, NDArray[Any]]:
        """Give what was learned as named arrays, to be kept as safetensors."""

    @abstractmethod
    def _restore(self, state: Mapping[str, NDArray[Any]], width: int) -> None:
        """Take back what :meth:`state` gave, checking names and shapes; :attr:`task_` is set."""

    def _weights(self, targets: Targets) -> NDArray[np.float32] | None:
        """Weigh the classes by ``N / (K n_k)``, shape ``(K,)``, if they shall be balanced."""
        if self.task_.kind == REGRESSION or self.class_weights == "none":
            return None
        counts = np.bincount(targets.astype(np.int64), minlength=self.task_.outputs)
        return (len(targets) / (len(counts) * counts)).astype(np.float32)


def _moderate(vectors: Vectors) -> Vectors:
    """Refuse numbers whose squares, added up, would not fit float32."""
    largest = max(float(vectors.max()), -float(vectors.min()))
    if largest > LARGEST:
        raise DataError(f"the vectors hold numbers up to {largest:.0e}; scale them to below {LARGEST:.0e}")
    return vectors


def _check_rows(vectors: Rows, labels: Labels) -> None:
    if len(vectors.shape) != 2 or len(vectors) != len(labels):
        raise ShapeError(
            f"vectors of shape {tuple(vectors.shape)} do not fit {len(labels):,} labels; it takes shape "
            "(N, D) and N labels"
        )
    if len(vectors) == 0:
        raise ShapeError("0 rows were given; a head needs rows of at least two classes")

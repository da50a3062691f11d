"""What every aligner has in common: options, presets, checks, and the two examples of a pair."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from typing_extensions import Self

from langalign.errors import NotFittedError, ShapeError
from langalign.part_options import current_options, preset_options
from langalign.training.rows import as_floats, as_rows, blocks
from langalign.types import Option, Progress, Rows, Vectors

Pairs = tuple[Rows, Rows]


@dataclass(frozen=True, kw_only=True)
class Run:
    """Hold what a fit may use beside the pairs.

    :param validation: Held-out pairs, for choices and early stopping.
    :param keep_target: Whether each pair gives both examples.
    :param seed: Seed of everything random.
    :param device: Torch device that trains.
    :param progress: Is told steps done and in all.
    """

    validation: Pairs | None
    keep_target: bool
    seed: int
    device: str
    progress: Progress | None


@dataclass(kw_only=True)
class Aligner(ABC):
    """Carries source vectors onto target vectors: ``A(e(d)) ≈ e(T(d))``.

    Options are dataclass fields; what :meth:`fit` learns ends in ``_``. A subclass in a file of this
    folder is an aligner of the file's name and writes four methods: :meth:`_fit`,
    :meth:`_transform`, :meth:`state` and :meth:`_restore`.
    """

    keep_target: bool | None = False
    """Give each pair as two examples, ``source → target`` and ``target → target`` (paper, 3.2); ``None``
    reads: where the widths are equal."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {"default": {}}
    """Named sets of options; ``default`` is what the fields say."""

    source_width_: int | None = field(default=None, init=False, repr=False)
    target_width_: int | None = field(default=None, init=False, repr=False)
    history_: tuple[Mapping[str, Any], ...] = field(default=(), init=False, repr=False)

    @classmethod
    def from_preset(cls, preset: str = "default", options: Mapping[str, Option] | None = None) -> Self:
        """Build an aligner from a named set of options.

        :param preset: A key of :attr:`PRESETS`.
        :param options: Single options that override the preset's.
        :return: An aligner that is not fitted yet.
        :raises SpecError: If the preset or an option is unknown, or a value of the wrong type.
        """
        return cls(**preset_options(cls, preset, options))

    def options(self) -> dict[str, Option]:
        """Tell every option with its value; ``from_preset("default", options)`` builds the like again."""
        return current_options(self)

    def fit(
        self,
        source: Rows,
        target: Rows,
        *,
        validation: Pairs | None = None,
        seed: int = 0,
        device: str = "cpu",
        progress: Progress | None = None,
    ) -> Self:
        """Learn the map from aligned pairs.

        :param source: Vectors to move. Shape: ``(P, D)``.
        :param target: Where they should land. Shape: ``(P, E)``.
        :param validation: Held-out pairs, for choices and early stopping.
        :param seed: Seed of everything random.
        :param device: Torch device that trains.
        :param progress: Is told steps done and in all.
        :return: This aligner, fitted.
        :raises ShapeError: If the sides differ in number, or the widths do not suit the options.
        :raises DataError: If a value is NaN or infinite.
        """
        _check_sides(source, target)
        if validation is not None:
            _check_validation((source, target), validation)
        source_width, target_width = source.shape[1], target.shape[1]
        if self.keep_target and source_width != target_width:
            raise ShapeError(
                f"keep_target needs equal widths, but source has {source_width} and target "
                f"{target_width}; choose a preset without it"
            )
        keep_target = source_width == target_width if self.keep_target is None else self.keep_target
        run = Run(validation=validation, keep_target=keep_target, seed=seed, device=device, progress=progress)
        self.history_ = ()
        self._fit(source, target, run)
        self.source_width_, self.target_width_ = source_width, target_width
        return self

    def transform(self, vectors: Rows | ArrayLike) -> Vectors:
        """Carry vectors over.

        :param vectors: Rows, or what numpy reads as such. Shape: ``(N, D)``.
        :return: Aligned vectors, in memory of their own. Shape: ``(N, E)``, float32.
        :raises NotFittedError: If called before :meth:`fit`.
        :raises ShapeError: If the width is not the one that was fitted.
        :raises DataError: If they are no numbers.
        """
        source_width, target_width = self.widths()
        rows = as_rows(vectors)
        if len(rows.shape) != 2 or rows.shape[1] != source_width:
            raise ShapeError(
                f"the aligner takes vectors of shape (N, {source_width}), got {tuple(rows.shape)}; "
                "embed with the encoder it was fitted with"
            )
        out = np.empty((len(rows), target_width), dtype=np.float32)
        for block in blocks(rows):
            out[block] = self._transform(as_floats(rows[block]))
        return out

    def widths(self) -> tuple[int, int]:
        """Tell ``D`` and ``E``.

        :return: Width of the vectors that are taken, and of those that are given back.
        :raises NotFittedError: If called before :meth:`fit`.
        """
        if self.source_width_ is None or self.target_width_ is None:
            raise NotFittedError(f"this {type(self).__name__} is not fitted; call fit or load a fitted one")
        return self.source_width_, self.target_width_

    def restore(self, state: Mapping[str, NDArray[Any]], source_width: int, target_width: int) -> Self:
        """Rebuild a fitted aligner from its arrays.

        :param state: Arrays from :meth:`state`.
        :param source_width: ``D``.
        :param target_width: ``E``.
        :return: This aligner, fitted.
        :raises ShapeError: If an array is missing, or its shape does not suit the widths.
        """
        self._restore(state, source_width, target_width)
        self.source_width_, self.target_width_ = source_width, target_width
        return self

    @abstractmethod
    def _fit(self, source: Rows, target: Rows, run: Run) -> None:
        """Learn; the arguments are checked."""

    @abstractmethod
    def _transform(self, vectors: Vectors) -> NDArray[Any]:
        """Carry a block over; it is checked, and float32. Shape: ``(n, D)`` to ``(n, E)``."""

    @abstractmethod
    def state(self) -> dict[str, NDArray[Any]]:
        """Give what was learned as named arrays, to be kept as safetensors."""

    @abstractmethod
    def _restore(self, state: Mapping[str, NDArray[Any]], source_width: int, target_width: int) -> None:
        """Take back what :meth:`state` gave, checking names and shapes."""


def pick(state: Mapping[str, NDArray[Any]], name: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Take one array out of a saved state.

    :param state: Named arrays.
    :param name: Which one.
    :param shape: The shape it must have.
    :return: The array.
    :raises ShapeError: If it is missing or has another shape.
    """
    if name not in state:
        raise ShapeError(f"the weights hold no {name!r}, only: {', '.join(sorted(state)) or 'nothing'}")
    if state[name].shape != shape:
        raise ShapeError(
            f"the weights' {name!r} has shape {state[name].shape}, but the widths ask for {shape}"
        )
    return state[name]


def check_equal_widths(source_width: int, target_width: int) -> None:
    """Refuse pairs whose sides an aligner cannot join because it keeps the width.

    :param source_width: ``D``.
    :param target_width: ``E``.
    :raises ShapeError: If they differ.
    """
    if source_width != target_width:
        raise ShapeError(
            f"source vectors have width {source_width} but target vectors {target_width}, and this "
            "aligner keeps the width; choose one that changes it, such as linear or procrustes"
        )


def _check_validation(pairs: Pairs, validation: Pairs) -> None:
    _check_sides(*validation)
    for name, rows, held_out in zip(("source", "target"), pairs, validation, strict=True):
        if rows.shape[1] != held_out.shape[1]:
            raise ShapeError(
                f"the {name} vectors have width {rows.shape[1]} but those for validation "
                f"{held_out.shape[1]}; embed both with one encoder"
            )


def _check_sides(source: Rows, target: Rows) -> None:
    for name, rows in (("source", source), ("target", target)):
        if len(rows.shape) != 2:
            raise ShapeError(f"{name} has shape {tuple(rows.shape)}; vectors have shape (P, width)")
    if len(source) != len(target):
        raise ShapeError(f"source has {len(source):,} rows but target has {len(target):,}; pairs must match")
    if len(source) == 0:
        raise ShapeError("0 pairs were given; an aligner needs at least 1")

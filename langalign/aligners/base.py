"""What every aligner has in common: options, checks, state, and the two examples of a pair."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Self

from langalign.errors import NotFittedError, ShapeError
from langalign.types import Progress, Rows, Vectors

Pairs = tuple[Rows, Rows]


@dataclass(kw_only=True)
class Aligner(ABC):
    """Carries source vectors onto target vectors: ``A(e(d)) ≈ e(T(d))``.

    Options are dataclass fields; what :meth:`fit` learns ends in ``_``. A subclass in a file of this
    folder is an aligner of the file's name and writes four methods: :meth:`_fit`,
    :meth:`_transform`, :meth:`state` and :meth:`_restore`.
    """

    keep_target: bool = False
    """Give each pair as two examples, ``source → target`` and ``target → target`` (paper, 3.2)."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Any]]] = {"default": {}}
    """Named sets of options."""

    source_width_: int | None = None
    target_width_: int | None = None
    history_: tuple[Mapping[str, float], ...] = ()

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
        """
        for one, other in ((source, target), *([validation] if validation else [])):
            if len(one) != len(other):
                raise ShapeError(f"source has {len(one):,} rows but target has {len(other):,}; pairs must match")
        if len(source) == 0:
            raise ShapeError("0 pairs were given; an aligner needs at least 1")
        self.source_width_, self.target_width_ = source.shape[1], target.shape[1]
        if self.keep_target and self.source_width_ != self.target_width_:
            raise ShapeError(
                f"keep_target needs equal widths, but source has {self.source_width_} and target "
                f"{self.target_width_}; choose a preset without it"
            )
        self._fit(source, target, validation=validation, seed=seed, device=device, progress=progress)
        return self

    def transform(self, vectors: Vectors) -> Vectors:
        """Carry vectors over.

        :param vectors: Shape: ``(N, D)``.
        :return: Aligned vectors. Shape: ``(N, E)``, float32.
        :raises NotFittedError: If called before :meth:`fit`.
        :raises ShapeError: If the width is not the one that was fitted.
        """
        if self.source_width_ is None:
            raise NotFittedError(f"{type(self).__name__} is not fitted; call fit first")
        if vectors.ndim != 2 or vectors.shape[1] != self.source_width_:
            raise ShapeError(
                f"the aligner takes vectors of width {self.source_width_}, got shape {vectors.shape}; "
                "embed with the encoder it was fitted with"
            )
        return np.ascontiguousarray(self._transform(np.asarray(vectors, dtype=np.float32)), dtype=np.float32)

    @abstractmethod
    def _fit(
        self,
        source: Rows,
        target: Rows,
        *,
        validation: Pairs | None,
        seed: int,
        device: str,
        progress: Progress | None,
    ) -> None:
        """Learn; the arguments are checked and the widths are set."""

    @abstractmethod
    def _transform(self, vectors: Vectors) -> Vectors:
        """Carry checked float32 vectors over."""

    @abstractmethod
    def state(self) -> dict[str, NDArray[Any]]:
        """Give what was learned as named arrays, to be kept as safetensors."""

    @abstractmethod
    def _restore(self, state: Mapping[str, NDArray[Any]]) -> None:
        """Take back what :meth:`state` gave; the widths are set."""

    def restore(self, state: Mapping[str, NDArray[Any]], source_width: int, target_width: int) -> Self:
        """Rebuild a fitted aligner from its arrays.

        :param state: Arrays from :meth:`state`.
        :param source_width: ``D``.
        :param target_width: ``E``.
        :return: This aligner, fitted.
        """
        self.source_width_, self.target_width_ = source_width, target_width
        self._restore(state)
        return self

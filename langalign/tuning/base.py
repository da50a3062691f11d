"""What every tuner has in common: options, presets, checks, and what it must say about its loss."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from typing_extensions import Self

from langalign import registry
from langalign.option_checks import require_choice, require_least, require_positive, require_share
from langalign.part_options import current_options, preset_options
from langalign.types import Option

if TYPE_CHECKING:
    from torch import Tensor

    from langalign.tuning._batches import Batch
    from langalign.tuning._network import Network

SCHEDULES = ("linear", "constant")
POOLINGS = ("mean", "cls")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(kw_only=True)
class Tuner(ABC):
    """Says how a transformer is tuned; the loop of :mod:`langalign.tuning._loop` does it.

    Options are dataclass fields. Whatever is tuned here learns to tell the right one of several
    candidates, by cross-entropy: a class among classes, or a sentence among sentences. A subclass in a
    file of this folder is a tuner of the file's name and writes :meth:`build` and :meth:`logits`.
    """

    learning_rate: float = 5e-5
    """Highest rate of AdamW."""

    schedule: str = "linear"
    """``linear``: the rate falls to zero over all updates; ``constant``: it stays."""

    warmup: float = 0.1
    """Share of the updates over which the rate first rises from zero."""

    weight_decay: float = 0.01
    """Decay of weight matrices; biases and norms have none."""

    max_gradient_norm: float = 1.0
    """Longer gradients are cut to this length; 0 cuts none."""

    batch_size: int = 32
    """Rows of one update."""

    accumulate: int = 1
    """Pieces that a batch is computed in, one after the other, where memory is short."""

    epochs: int = 3
    """The most passes over the rows."""

    patience: int = 3
    """Epochs without a better validation loss after which tuning stops."""

    pooling: str = "mean"
    """Vector of a text that is tuned: ``mean`` of its tokens, or ``cls``, its first token."""

    prefix: str = ""
    """Put in front of each text, of a pair's first; E5 models want ``query: ``."""

    max_length: int | None = None
    """Tokens kept of a text; by default what the encoder keeps."""

    precision: str = "auto"
    """``float32``, ``bfloat16`` (autocast), or ``auto``: bfloat16 on a GPU that has it."""

    PRESETS: ClassVar[Mapping[str, Mapping[str, Option]]] = {"default": {}}
    """Named sets of options; ``default`` is what the fields say."""

    labelled: ClassVar[bool] = True
    """Whether it learns from labels."""

    def __post_init__(self) -> None:
        """Check the options.

        :raises SpecError: If a choice is unknown or a number out of range.
        """
        for name, choices in (("schedule", SCHEDULES), ("pooling", POOLINGS), ("precision", PRECISIONS)):
            require_choice(name, getattr(self, name), choices)
        for name in ("learning_rate", "batch_size", "accumulate", "epochs", "patience"):
            require_positive(name, getattr(self, name))
        for name in ("weight_decay", "max_gradient_norm"):
            require_least(name, getattr(self, name), 0)
        require_share("warmup", self.warmup)

    @classmethod
    def from_preset(cls, preset: str = "default", options: Mapping[str, Option] | None = None) -> Self:
        """Build a tuner from a named set of options.

        :param preset: A key of :attr:`PRESETS`.
        :param options: Single options that override the preset's.
        :return: The tuner.
        :raises SpecError: If the preset or an option is unknown, or a value of the wrong type.
        """
        return cls(**preset_options(cls, preset, options))

    def options(self) -> dict[str, Option]:
        """Tell every option with its value; ``from_preset("default", options)`` builds the like again."""
        return current_options(self)

    @property
    def name(self) -> str:
        """Tell the name that the tuner is registered under."""
        return registry.name_of("tuners", type(self))

    @abstractmethod
    def build(self, backbone: Any, classes: int) -> Network:
        """Put together what is trained; of its parameters those that require gradients are.

        :param backbone: A transformer as ``transformers.AutoModel`` gives it.
        :param classes: ``K``; 0 without labels.
        :return: The network.
        """

    @abstractmethod
    def logits(self, network: Network, batch: Batch) -> tuple[Tensor, Tensor]:
        """Score the candidates of each row of a batch.

        :param network: What :meth:`build` gave.
        :param batch: ``B`` rows.
        :return: Logits of ``C`` candidates, shape ``(B, C)``, and the number of the right one, ``(B,)``.
        """

    def plain(self, backbone: Any) -> Any:
        """Give the tuned transformer in the form it is saved in, without anything added by :meth:`build`.

        :param backbone: The network's.
        :return: A model with ``save_pretrained``.
        """
        return backbone

"""What stands between texts and a head: an encoder, maybe an aligner, and the features of pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langalign_cli._aligned import moved_side_encoder
from langalign_cli._options import Common

if TYPE_CHECKING:
    from langalign.aligners import SavedAligner
    from langalign.encoders.base import BaseEncoder
    from langalign.heads import Characters, Features, SavedHead
    from langalign.types import Rows, Text


class YesNo(str, Enum):
    """Yes or no, spelled out."""

    YES = "yes"
    NO = "no"


class PairFeatures(str, Enum):
    """How sentence pairs become vectors."""

    JOINT = "joint"
    SENTENCE = "sentence"


HeadFolder = Annotated[Path, typer.Option(metavar="DIR", help="Folder of the head.")]
InferenceAligner = Annotated[
    Path | None,
    typer.Option(metavar="DIR", help="Aligner before the head, in place of the one it was saved with."),
]
AtInference = Annotated[
    YesNo,
    typer.Option(
        help="Whether an aligner stands before the head at all; with no, texts go through the encoder "
        "whose vectors the head learned."
    ),
]
LabelColumn = Annotated[
    str | None,
    typer.Option(help="Column, by name or by number from 1, of the label.", rich_help_panel="Reading DATA"),
]


@dataclass(frozen=True)
class Front:
    """Turns texts into what a head takes.

    :param encoder: Embeds them.
    :param aligner: Moves their vectors, if there is one.
    :param pair_features: ``joint`` or ``sentence``; None where texts are single.
    :param characters: Scores each text's characters beside its vector, if the head was co-trained.
    """

    encoder: BaseEncoder
    aligner: SavedAligner | None
    pair_features: str | None
    characters: Characters | None = None

    def features(self, texts: Sequence[Text], embed: Callable[[Sequence[Text]], Rows]) -> Features:
        """Make the head's rows of texts.

        :param texts: ``N`` texts, or sentence pairs if and only if there are pair features.
        :param embed: Gives the stored rows of texts.
        :return: Rows, made when they are read. Shape: ``(N, D)``.
        :raises SpecError: If a text is a pair and should not be, or the other way round.
        """
        from langalign.heads import Features

        return Features.of(
            texts,
            embed,
            pair_features=self.pair_features,
            aligner=self.aligner,
            characters=self.characters,
        )


def training_front(
    texts: Sequence[Text], common: Common, aligner: Path | None, pair_features: PairFeatures | None
) -> Front:
    """Choose what stands before a head in training.

    A forward aligner moves the training vectors, as it will move all others. A reversed one moves
    target-language vectors to where English ones are, so the head learns English vectors as they are.

    :param texts: The training texts.
    :param common: Tells encoder and device.
    :param aligner: Folder of the aligner, if there is one.
    :param pair_features: What was asked for; by default ``joint`` where the encoder can.
    :return: Encoder, aligner (None if it is reversed) and pair features.
    """
    from langalign.aligners import load_aligner
    from langalign.encoders import build
    from langalign.errors import SpecError

    loaded = load_aligner(aligner) if aligner else None
    recorded = loaded.encoder("source")["spec"] if loaded else None
    encoder = build(common.encoder_spec(recorded), device=common.device)
    if loaded:
        loaded.check(encoder.identity, "source")
    pairs = not isinstance(texts[0], str)
    if pair_features and not pairs:
        raise SpecError(
            "--pair-features is for sentence pairs, but the data holds single texts; leave it out"
        )
    default = PairFeatures.JOINT if encoder.joint_pairs else PairFeatures.SENTENCE
    forward = loaded is not None and loaded.moves == "source"
    return Front(encoder, loaded if forward else None, (pair_features or default).value if pairs else None)


def unlabelled_front(front: Front, common: Common, aligner: Path | None) -> Front:
    """Choose what stands before a head where it meets the target language: a reversed aligner, too.

    :param front: From :func:`training_front`.
    :param common: Tells encoder and device.
    :param aligner: Folder of the aligner, if there is one.
    :return: Encoder, aligner and pair features.
    """
    from langalign.aligners import load_aligner

    if aligner is None or front.aligner:
        return front
    loaded = load_aligner(aligner)
    return Front(moved_side_encoder(loaded, common), loaded, front.pair_features)


def inference_front(head: SavedHead, common: Common, aligner: Path | None, at_inference: YesNo) -> Front:
    """Choose what stands before a saved head: the aligner given, else its own, and the encoder that suits.

    :param head: The head.
    :param common: Tells encoder and device.
    :param aligner: Folder of an aligner that replaces the head's own.
    :param at_inference: Whether an aligner shall stand there at all.
    :return: Encoder, aligner and pair features.
    :raises IdentityError: If encoder, aligner and head do not belong together.
    """
    from langalign.aligners import load_aligner
    from langalign.encoders import build
    from langalign.errors import SpecError
    from langalign.types import Identity

    if aligner and at_inference is YesNo.NO:
        raise SpecError("--aligner and --aligner-at-inference no contradict each other; leave one out")
    folder = None if at_inference is YesNo.NO else aligner or head.aligner
    if folder is None:
        encoder = build(common.encoder_spec(head.encoder["spec"]), device=common.device)
        head.check(encoder.identity)
        return Front(encoder, None, head.pair_features, head.characters)
    loaded = load_aligner(folder)
    head.check(
        Identity.from_json(loaded.encoder("target" if loaded.moves == "source" else "source")["identity"])
    )
    return Front(moved_side_encoder(loaded, common), loaded, head.pair_features, head.characters)

"""Saved aligners and the encoders whose vectors they take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

from langalign_cli._options import Common

if TYPE_CHECKING:
    from langalign.aligners import SavedAligner
    from langalign.encoders.base import BaseEncoder

Side = Literal["source", "target"]


def encoder_pair(
    aligners: Sequence[SavedAligner], common: Common, target_encoder: str | None
) -> tuple[BaseEncoder, BaseEncoder]:
    """Build the encoders of both sides and hold each aligner against them.

    :param aligners: Saved aligners; the first one's encoders are the default.
    :param common: May name the encoder.
    :param target_encoder: May name another one for the target side.
    :return: Encoders of source and target.
    :raises IdentityError: If an aligner was fitted on vectors of another encoder.
    """
    from langalign.encoders import build

    recorded: dict[Side, str | None] = {"source": None, "target": None}
    if aligners:
        recorded = {
            "source": aligners[0].encoder("source")["spec"],
            "target": aligners[0].encoder("target")["spec"],
        }
    source_spec = common.encoder_spec(recorded["source"])
    target_spec = target_encoder or common.encoder or recorded["target"] or source_spec
    source = build(source_spec, device=common.device)
    target = source if target_spec == source_spec else build(target_spec, device=common.device)
    for aligner in aligners:
        aligner.check(source.identity, "source")
        aligner.check(target.identity, "target")
    return source, target


def moved_side_encoder(aligner: SavedAligner, common: Common) -> BaseEncoder:
    """Build the encoder of the side that an aligner moves.

    :param aligner: A saved aligner.
    :param common: May name the encoder.
    :return: The encoder.
    :raises IdentityError: If the aligner was fitted on vectors of another one.
    """
    from langalign.encoders import build

    encoder = build(common.encoder_spec(aligner.encoder(aligner.moves)["spec"]), device=common.device)
    aligner.check(encoder.identity)
    return encoder

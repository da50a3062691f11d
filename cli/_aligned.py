"""Saved aligners and the encoders whose vectors they take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from langalign_cli._options import Common

if TYPE_CHECKING:
    from langalign.aligners import SavedAligner
    from langalign.encoders.base import BaseEncoder


def encoder_pair(
    aligners: Sequence[SavedAligner], common: Common, target_encoder: str | None
) -> tuple[BaseEncoder, BaseEncoder]:
    """Build the encoders of both sides and hold each aligner against them.

    The target side has the source's encoder unless another one was recorded or is named.

    :param aligners: Saved aligners; the first one's encoders are the default.
    :param common: May name the source side's encoder.
    :param target_encoder: May name another one for the target side.
    :return: Encoders of source and target.
    :raises IdentityError: If an aligner was fitted on vectors of another encoder.
    """
    from langalign.encoders import build

    recorded_source, recorded_target = _recorded(aligners[0]) if aligners else (None, None)
    source_spec = common.encoder_spec(recorded_source)
    target_spec = target_encoder or recorded_target or source_spec
    source = build(source_spec, device=common.device)
    target = source if target_spec == source_spec else build(target_spec, device=common.device)
    for aligner in aligners:
        aligner.check(source.identity, "source")
        aligner.check(target.identity, "target")
    return source, target


def _recorded(aligner: SavedAligner) -> tuple[str, str | None]:
    """Tell the encoder of the source side, and that of the target side if it is another one."""
    source, target = aligner.encoder("source")["spec"], aligner.encoder("target")["spec"]
    return source, None if target == source else target


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

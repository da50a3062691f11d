"""Builds the encoder that a SPEC names."""

from __future__ import annotations

from langalign import registry
from langalign.encoders.base import BaseEncoder
from langalign.spec import arguments, format_spec, parse_spec


def build(spec: str, *, device: str = "auto") -> BaseEncoder:
    """Build the encoder that a SPEC names; no model is loaded yet.

    :param spec: The SPEC.
    :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``.
    :return: The encoder, whose ``spec`` builds it again from any working folder.
    :raises SpecError: If the SPEC does not parse or an option does not suit the kind.
    :raises UnknownPartError: If there is no such kind.
    """
    parsed = parse_spec(spec)
    part: type[BaseEncoder] = registry.get("encoders", parsed.kind)
    given = arguments(parsed, part)
    encoder = part(**given, device=device)
    encoder.spec = format_spec(parsed.kind, given.get("name"), parsed.options)
    return encoder

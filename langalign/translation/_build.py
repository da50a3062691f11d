"""Builds the translator that a SPEC names."""

from __future__ import annotations

from collections.abc import Mapping

from langalign import registry
from langalign.spec import ParsedSpec, arguments, format_spec, parse_spec
from langalign.translation.base import Translator


def build(spec: str, *, options: Mapping[str, str] | None = None, device: str = "auto") -> Translator:
    """Build a translator; nothing is loaded or sent yet.

    :param spec: Such as ``openai:gpt-4-turbo-preview[temperature=0]`` or ``seq2seq:FOLDER[beams=4]``.
    :param options: More options, as text, which override those in brackets.
    :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``, for those that run here.
    :return: The translator, whose ``spec`` builds it again.
    :raises SpecError: If the SPEC does not parse or an option does not suit the kind.
    :raises UnknownPartError: If there is no such kind.
    """
    parsed = parse_spec(spec)
    parsed = ParsedSpec(parsed.kind, parsed.name, {**parsed.options, **(options or {})})
    part: type[Translator] = registry.get("translators", parsed.kind)
    given = arguments(parsed, part)
    translator = part(**given)
    translator.device = device
    translator.spec = format_spec(parsed.kind, given.get("name"), parsed.options)
    return translator

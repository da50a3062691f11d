"""Text → vector: each file is one kind of encoder, built from a SPEC."""

from __future__ import annotations

from langalign.encoders._spec import ParsedSpec, build, format_spec, parse_spec

__all__ = ["ParsedSpec", "build", "format_spec", "parse_spec"]

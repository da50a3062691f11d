"""Text → vector: each file is one kind of encoder, built from a SPEC."""

from __future__ import annotations

from langalign.encoders._build import build
from langalign.spec import ParsedSpec, format_spec, parse_spec

__all__ = ["ParsedSpec", "build", "format_spec", "parse_spec"]

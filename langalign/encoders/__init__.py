"""Text → vector: each file is one kind of encoder, built from a SPEC."""

from __future__ import annotations

from langalign.encoders._spec import build, parse_spec

__all__ = ["build", "parse_spec"]

"""Carry embeddings of one language onto another's, and reuse every vector ever computed.

Nothing heavy is imported before it is used; each name below is loaded on first access.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from langalign.aligners import load_aligner
    from langalign.api import embed, open_store
    from langalign.encoders import build as build_encoder
    from langalign.heads import load_head

__all__ = ["build_encoder", "embed", "load_aligner", "load_head", "open_store"]

_HOMES = {
    "build_encoder": ("langalign.encoders", "build"),
    "embed": ("langalign.api", "embed"),
    "load_aligner": ("langalign.aligners", "load_aligner"),
    "load_head": ("langalign.heads", "load_head"),
    "open_store": ("langalign.api", "open_store"),
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name == "__version__":
        return import_module("importlib.metadata").version("langalign")
    if name not in _HOMES:
        raise AttributeError(f"module 'langalign' has no attribute {name!r}")
    module, attribute = _HOMES[name]
    return getattr(import_module(module), attribute)

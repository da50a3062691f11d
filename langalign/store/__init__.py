"""The embedding cache: vectors of a frozen encoder, each computed once.

A store is a folder for one encoder identity. It holds ``encoder.json`` and immutable HDF5 shards, so
writers need no lock, readers never see half a row, and a kill loses at most the shard in the making.
"""

from __future__ import annotations

from langalign.store.fill import FillReport, fill
from langalign.store.key import row_keys
from langalign.store.store import Store, StoredRows

__all__ = ["FillReport", "Store", "StoredRows", "fill", "row_keys"]

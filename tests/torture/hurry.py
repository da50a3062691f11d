"""Makes commands commit as often as they can, so that a short job has as many instants as a long one.

The command line commits every five seconds or at 128 MB; a campaign has neither the time nor the room.
"""

from __future__ import annotations

import sys

BATCH_ROWS, SHARD_ROWS = 16, 64


def often() -> None:
    """Commit after each batch, checkpoint after each update, and keep shards small."""
    from langalign.encoders.hashing import HashingEncoder
    from langalign.store import compact, exchange, fill
    from langalign.tuning import tune_encoder

    HashingEncoder.batch_rows = BATCH_ROWS
    fill.__kwdefaults__["shard_seconds"] = 0.0
    sys.modules[fill.__module__].MERGE_EVERY = 4
    compact._rows_per_shard = lambda store: SHARD_ROWS
    exchange.BLOCK = SHARD_ROWS
    tune_encoder.__kwdefaults__["checkpoint_seconds"] = 0.0

"""What a folder durably holds, by name: rows of stores, fitted parts, answers, results of cells.

Two snapshots tell what was lost between them and what became another thing. Times and places of files,
which differ from run to run, are left out.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from langalign.part_folder import load_part
from langalign.store import Store
from langalign.store.verify import store_folders, verify
from langalign.tuning._folder import RECORD, read_record

Snapshot = dict[str, bytes]

REPORT = "report "
"""Begins the name of what tells of all the rest, and so of less where something could not be done."""


def snapshot(folder: Path) -> Snapshot:
    """Read all of a job's folder.

    :param folder: The folder that a command runs in, its cache in ``cache``.
    :return: What it holds, by name.
    :raises LangalignError: If something there is damaged.
    """
    held: Snapshot = {}
    for store in store_folders(folder / "cache"):
        held |= rows(store)
    for kind in ("aligner", "head"):
        held |= {
            named(path.parent, folder): part(path.parent, kind) for path in whole(folder, f"{kind}.json")
        }
    held |= {named(path.parent, folder): tuned(path.parent) for path in whole(folder, RECORD)}
    held |= answers(folder / "memory.sqlite")
    held |= {path.name: path.read_bytes() for path in folder.glob("pairs.*")}
    held |= {path.name: timeless(json.loads(path.read_bytes())) for path in whole(folder, "cells/*.json")}
    for path in whole(folder, "experiment/*.*"):
        timed = path.suffix == ".json"
        held[REPORT + path.name] = timeless(json.loads(path.read_bytes())) if timed else path.read_bytes()
    return held


def named(path: Path, folder: Path) -> str:
    """Name a file or folder by where it lies."""
    return str(path.relative_to(folder))


def whole(folder: Path, pattern: str) -> list[Path]:
    """Find files; not those of what is in the making, or replaced and about to go, as their names tell."""
    found = sorted(folder.rglob(pattern))
    return [
        path for path in found if not any(part.startswith(".") for part in path.relative_to(folder).parts)
    ]


def rows(folder: Path) -> Snapshot:
    """Read every row of a store; a key whose rows are not all the same has no right vector."""
    bad = verify(folder).bad
    if bad:
        raise AssertionError(bad[0].problem)
    held: Snapshot = {}
    store = Store.from_folder(folder)
    for shard in store.shards:
        vectors = shard.vectors
        for number, key in enumerate(shard.keys):
            name, value = f"row {key.tobytes().hex()} of {folder.name}", vectors[number].tobytes()
            held[name] = value if held.get(name, value) == value else b"two rows that differ"
    return held


def part(folder: Path, kind: str) -> bytes:
    """Read an aligner or a head."""
    saved = load_part(folder, kind)
    weights = {name: array.tobytes().hex() for name, array in saved.state.items()}
    return timeless([dict(saved.config), weights, list(saved.history)])


def tuned(folder: Path) -> bytes:
    """Read a tuned encoder."""
    weights = sorted(folder.rglob("*.safetensors"))
    return timeless(read_record(folder)[0]) + b"".join(path.read_bytes() for path in weights)


def answers(memory: Path) -> Snapshot:
    """Read a translation memory; each further answer to a text is a thing of its own."""
    held: Snapshot = {}
    if not memory.exists():
        return held
    with closing(sqlite3.connect(memory)) as file:
        if not file.execute("SELECT name FROM sqlite_master WHERE name = 'answers'").fetchall():
            return held  # killed before the first answer could come
        for text, answer in file.execute("SELECT text, answer FROM answers ORDER BY id"):
            while text in held:
                text += " again"
            held[text] = answer.encode()
    return held


def timeless(value: Any) -> bytes:
    """Write JSON without what differs from run to run."""
    return json.dumps(_timeless(value), sort_keys=True).encode()


def _timeless(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _timeless(each) for name, each in value.items() if "seconds" not in name}
    return [_timeless(each) for each in value] if isinstance(value, list) else value

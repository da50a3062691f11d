"""Writes pairs to a file that ``fit-aligner`` and the other commands read."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from langalign.durable import replacing
from langalign.errors import DataError
from langalign.paths import user_path

ENDINGS = (".tsv", ".jsonl")
_BREAKS = re.compile("[\t\r\n]")


def check_ending(path: Path | str) -> None:
    """Refuse a file of a form that cannot be written, before any work is done.

    :param path: Where pairs shall be written.
    :raises DataError: If it ends in neither ``.tsv`` nor ``.jsonl``, or is a folder.
    """
    path = user_path(path)
    if path.suffix.lower() not in ENDINGS:
        raise DataError(f"{path}: name a file that ends in {' or '.join(ENDINGS)}")
    if path.is_dir():
        raise DataError(f"{path} is a folder; name a file")


def check_fits(path: Path | str, texts: Sequence[str]) -> None:
    """Refuse texts that a tsv file cannot hold.

    :param path: Where they shall be written.
    :param texts: The texts.
    :raises DataError: If the file is tsv and one of them holds a tab or a line break.
    """
    path = user_path(path)
    if path.suffix.lower() == ".tsv" and any(map(_BREAKS.search, texts)):
        raise DataError(
            f"{path}: a text holds a tab or a line break, which tsv cannot; write to "
            f"{path.with_suffix('.jsonl').name} (what was answered is in the translation memory)"
        )


def write_pairs(path: Path | str, columns: Mapping[str, Sequence[str]]) -> None:
    """Write rows of named columns, whole or not at all.

    :param path: The file, ``.tsv`` or ``.jsonl``; an older one is replaced.
    :param columns: Texts by column name, such as ``source`` and ``target``.
    :raises DataError: If the file cannot hold a text.
    :raises StoreError: If it cannot be written.
    """
    path = user_path(path)
    for texts in columns.values():
        check_fits(path, texts)
    rows = list(zip(*columns.values(), strict=True))
    if path.suffix.lower() == ".tsv":
        lines = ["\t".join(row) for row in [tuple(columns), *rows]]
    else:
        lines = [json.dumps(dict(zip(columns, row, strict=True)), ensure_ascii=False) for row in rows]
    with replacing(path.absolute()) as temporary:
        temporary.write_bytes("".join(f"{line}\n" for line in lines).encode())

"""Where the cache lies: stores of vectors, and the translation memory."""

from __future__ import annotations

import os
from pathlib import Path

from langalign.paths import user_path

CACHE_VARIABLE = "LANGALIGN_CACHE"
DEFAULT_CACHE = Path("cache")


def cache_folder(given: str | os.PathLike[str] | None = None) -> Path:
    """Name the cache's folder.

    :param given: The folder, if it was named; nothing and an empty name stand for the usual one.
    :return: The folder, else ``LANGALIGN_CACHE``, else ``./cache``; ``~`` is the home folder in all of them.
    """
    return user_path(given or os.environ.get(CACHE_VARIABLE) or DEFAULT_CACHE)

"""Folders and files as callers name them."""

from __future__ import annotations

import os
from pathlib import Path


def user_path(named: str | os.PathLike[str]) -> Path:
    """Take a folder or file as a shell does, whatever type names it.

    :param named: Its name; a ``~`` at the front is the home folder.
    :return: The path.
    """
    return Path(os.path.expanduser(named))  # noqa: PTH111 - the other one fails where no user has the name

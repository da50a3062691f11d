"""Builds the layer of ``shim.c`` and tells it what to do; see there."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
from dataclasses import dataclass
from enum import IntEnum, IntFlag
from pathlib import Path

SOURCE = Path(__file__).with_name("shim.c")


class Kind(IntFlag):
    """What an operation on a file does; the values are those of ``shim.c``."""

    WRITE = 1
    SYNC = 2
    RENAME = 4
    REMOVE = 8
    READ = 16


CHANGES = Kind.WRITE | Kind.SYNC | Kind.RENAME | Kind.REMOVE


class Action(IntEnum):
    """What happens to it; the values are those of ``shim.c``."""

    COUNT = 0
    KILL_BEFORE = 1
    KILL_AFTER = 2
    KILL_TORN = 3
    FAIL_ONCE = 4
    FAIL_FROM = 5


@dataclass(frozen=True)
class Fault:
    """What shall happen to which operation.

    :param kinds: The kinds that are counted.
    :param action: What happens; ``COUNT`` lets all operations be.
    :param nth: To which of them, counted from 0; ``FAIL_FROM`` holds for all that follow, too.
    :param error: The ``errno`` of a failure.
    """

    kinds: Kind
    action: Action = Action.COUNT
    nth: int = 0
    error: int = 0


def build(folder: Path) -> Path | None:
    """Compile the layer; None where there is no C compiler or no ``LD_PRELOAD``."""
    compiler = shutil.which("cc")
    if compiler is None or not Path("/proc/self/fd").is_dir():
        return None
    library = folder / "shim.so"
    subprocess.run([compiler, "-shared", "-fPIC", "-O2", "-o", library, SOURCE, "-ldl"], check=True)
    return library


def arm(folder: Path, fault: Fault) -> None:
    """Watch a folder in this process, into which the layer was loaded."""
    layer = ctypes.CDLL(None)
    layer.shim_arm(
        os.fsencode(folder.resolve()),
        int(fault.kinds),
        int(fault.action),
        ctypes.c_long(fault.nth),
        fault.error,
    )


def seen() -> int:
    """Tell how many operations there were."""
    layer = ctypes.CDLL(None)
    layer.shim_seen.restype = ctypes.c_long
    return int(layer.shim_seen())

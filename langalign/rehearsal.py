"""Files of foreign make are first read by a process of their own, whose memory is limited.

The libraries that read HDF5 and Parquet believe what a file says of itself: 5 KB made to harm, or a few
bits that flipped, can take gigabytes, or crash the process. Nothing in Python limits that; the operating
system does. What the rehearsal survives is then read here, and takes no more.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from langalign import errors
from langalign.errors import DataError, LangalignError

_TRUSTED = 4 * 2**20
"""Bytes that any file may hold unpacked; as a single text, an encoder takes a hundred times as many."""

_LIKELY_RATIO = 200
"""Bytes that a byte of a packed file may hold beyond that; texts and vectors do not reach it."""

_MEMORY = 256 * 2**20
_SECONDS = 60
_SMALL = {"ARROW_DEFAULT_MEMORY_POOL": "system", "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""Keeps libraries from setting memory aside that they do not use."""

_PROGRAM = (
    "import os, sys; sys.path[:] = sys.argv[1].split(os.pathsep)\n"  # else the working folder comes first
    f"from {__name__} import perform; perform(*sys.argv[2:])"
)


def most_unpacked(path: Path) -> int:
    """Tell how many bytes of texts or vectors a packed file may hold; more is made to harm."""
    return max(_TRUSTED, _LIKELY_RATIO * path.stat().st_size)


def rehearse(reading: Callable[[Path], object], path: Path) -> None:
    """Read a file in a process of its own, and throw away what it holds.

    :param reading: A module's function that reads the file; it takes no more memory than what follows here.
    :param path: The file.
    :raises LangalignError: What the function raised there.
    :raises DataError: If it took too much memory or time, or crashed.
    """
    size = path.stat().st_size
    memory, seconds = _MEMORY + most_unpacked(path), _SECONDS + size // 2**20
    task = [reading.__module__, reading.__name__, str(path), str(memory), str(seconds)]
    done = subprocess.run(  # noqa: S603 - this very Python and langalign
        [sys.executable, "-c", _PROGRAM, os.pathsep.join(sys.path), *task],
        env={**os.environ, **_SMALL},
        stdin=subprocess.DEVNULL,
        capture_output=True,
    )
    if done.returncode == 0:
        return
    kind, line = json.loads(done.stdout or "[null, null]")
    if kind:
        raise getattr(errors, kind)(line)
    raise DataError(
        f"{path}: reading its {size:,} bytes takes more than {memory >> 20:,} MB or {seconds:,} s, or "
        "crashes; it is damaged, or made to harm: write it anew"
    )


def perform(module: str, function: str, path: str, memory: str, seconds: str) -> None:
    """Be the process that reads; the arguments are :func:`rehearse`'s.

    :param module: Where the function is.
    :param function: Its name.
    :param path: The file.
    :param memory: Bytes that it may take.
    :param seconds: Seconds of a core that it may take.
    """
    reading = getattr(import_module(module), function)
    _limit(int(memory), int(seconds))
    try:
        reading(Path(path))
    except LangalignError as error:
        sys.stdout.write(json.dumps([type(error).__name__, str(error)]))
        sys.exit(1)


def _limit(memory: int, seconds: int) -> None:
    """Limit what this process may take from now on, where the system can."""
    try:
        import resource
    except ImportError:  # Windows
        return
    mapped = Path("/proc/self/statm")
    if mapped.exists():  # macOS has neither the file nor a limit that works
        memory += int(mapped.read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

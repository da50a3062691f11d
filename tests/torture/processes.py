"""Real processes that run one command each, forked from one that has imported langalign already.

Starting Python and importing torch takes seconds, and a campaign kills hundreds of processes. Apart from
that start they are what a shell starts: a process of their own, with the command line's own entry, its own
streams and exit code.
"""

from __future__ import annotations

import ctypes
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import count
from multiprocessing import connection
from pathlib import Path
from typing import Any

from tests.torture import shim
from tests.torture.shim import Fault

HANG_SECONDS = 300.0


@dataclass(frozen=True)
class Order:
    """What a process shall do.

    :param arguments: Of the command line.
    :param folder: Where it runs, and the folder that a fault watches.
    :param environment: Added to the environment.
    :param fault: What happens to its files.
    """

    arguments: Sequence[str]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    fault: Fault | None = None


@dataclass(frozen=True)
class Ended:
    """How it ended.

    :param code: Exit code; negative: the signal that ended it. None: it hung, and was killed then.
    :param seconds: How long it ran.
    :param stdout: What it wrote there.
    :param stderr: What it wrote there.
    :param operations: Operations on files that the fault counts; of a process that ended by itself.
    """

    code: int | None
    seconds: float
    stdout: str
    stderr: str
    operations: int

    @property
    def killed(self) -> bool:
        """Tell whether a kill ended it."""
        return self.code == -9

    @property
    def clear(self) -> bool:
        """Tell whether it did its job, or said in one line why it could not."""
        lines = self.stderr.splitlines()
        return self.code == 0 or (self.code == 1 and len(lines) == 1 and lines[0].startswith("langalign: "))


class Running:
    """A process that runs."""

    def __init__(self, target: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        """Start it.

        :param target: What it runs; it is given the arguments and a folder for what it tells.
        :param arguments: Anything that can be sent to another process.
        """
        self._told = _streams() / str(next(_numbers))
        self._told.mkdir()
        self._begin = time.monotonic()
        self._process = _fork_server().Process(target=target, args=(*arguments, self._told), daemon=True)
        with _lock:
            self._process.start()

    def let_run(self, seconds: float) -> None:
        """Wait for some seconds, or until it ends."""
        connection.wait([self._process.sentinel], seconds)

    def wait(self, kill_after: float | None = None) -> Ended:
        """Let it end, or kill it.

        :param kill_after: Seconds after which it is killed.
        :return: How it ended.
        """
        self.let_run(HANG_SECONDS if kill_after is None else kill_after)
        with _lock:
            late = self._process.exitcode is None
        if late:
            self._process.kill()
            self.let_run(HANG_SECONDS)
        seconds = time.monotonic() - self._begin
        with _lock:
            code = None if late and kill_after is None else self._process.exitcode
        stdout, stderr, operations = (self._read(name) for name in ("stdout", "stderr", "operations"))
        return Ended(code, seconds, stdout, stderr, int(operations or 0))

    def _read(self, name: str) -> str:
        path = self._told / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


def run(order: Order, kill_after: float | None = None) -> Ended:
    """Run a command to its end, or kill it.

    :param order: What to run.
    :param kill_after: Seconds after which it is killed.
    :return: How it ended.
    """
    return start(order).wait(kill_after)


def start(order: Order) -> Running:
    """Run a command in the background."""
    return Running(_command, (order,))


def _command(order: Order, told: Path) -> None:
    """Be the process: what :mod:`langalign_cli.main` is when it is started."""
    from langalign_cli import main
    from tests.torture import hurry

    for number, name in ((1, "stdout"), (2, "stderr")):
        os.dup2(os.open(told / name, os.O_WRONLY | os.O_CREAT, 0o666), number)
    os.environ.update(order.environment)
    os.chdir(order.folder)
    sys.argv = ["langalign", *order.arguments]
    hurry.often()
    give_up_privileges()
    if order.fault:
        shim.arm(order.folder, order.fault)
    try:
        main.run()
    finally:
        if order.fault:
            (told / "operations").write_text(str(shim.seen()))


def give_up_privileges() -> None:
    """Let permissions hold for root, too, as they do for everyone else."""
    if os.geteuid() == 0 and sys.platform == "linux":
        header, none = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
        ctypes.CDLL(None).capset(header, none)


_numbers = count()
_lock = threading.Lock()
"""Each start asks all processes whether they have ended; two threads that ask one would lose its answer."""


@cache
def _own_folder() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="torture-processes-")


def _streams() -> Path:
    return Path(_own_folder().name)


def ready() -> None:
    """Import langalign now, where the first process would wait for it."""
    _fork_server()


@cache
def layer() -> Path | None:
    """Build the shim; None where that is not possible."""
    return shim.build(_streams())


@cache
def _fork_server() -> Any:
    """Start the process that the others are forked from, with the shim loaded."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.torture.preload"])
    if layer():
        os.environ["LD_PRELOAD"] = str(layer())
    try:
        first = context.Process(target=_check_loaded)
        first.start()
        first.join()
    finally:
        os.environ.pop("LD_PRELOAD", None)
    if first.exitcode:
        raise RuntimeError("tests.torture.preload cannot be imported; import it by hand to see why")
    return context


def _check_loaded() -> None:
    """Fail if what should have been imported was not, as multiprocessing says nothing of it."""
    sys.exit("tests.torture.preload" not in sys.modules)

"""A job, how it goes when nothing happens, and what is judged when something does."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from langalign.environment import available_cores
from tests.torture.jobs import Job
from tests.torture.outcome import Outcome
from tests.torture.processes import Ended, layer, run
from tests.torture.shim import CHANGES, Fault, Kind
from tests.torture.snapshot import REPORT, Snapshot, snapshot


@dataclass
class Tally:
    """Counts what an attack found; threads may share it."""

    attack: str
    tries: int = 0
    survived: int = 0
    lost: int = 0
    wrong: int = 0
    unclear: int = 0
    told: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock, repr=False)

    def count(self, *, lost: int = 0, wrong: int = 0, unclear: str = "", failed: str = "") -> None:
        """Count one try.

        :param lost: Rows or other things that were gone.
        :param wrong: Those that were not what they must be.
        :param unclear: What a failure said that was not clear; empty if there was none.
        :param failed: What else was not as it must be.
        """
        with self.lock:
            self.tries += 1
            self.survived += not (lost or wrong or unclear or failed)
            self.lost += lost
            self.wrong += wrong
            self.unclear += bool(unclear)
            if unclear or failed:
                self.told.append(unclear or failed)

    def outcome(self, note: str = "") -> Outcome:
        """Give the row of the table; the first thing that went wrong is told in its note."""
        first = self.told[:1]
        return Outcome(
            self.attack,
            self.tries,
            self.survived,
            self.lost,
            self.wrong,
            self.unclear,
            "; ".join(filter(None, [note, *first])),
        )


@dataclass(frozen=True)
class Case:
    """A job that was run once without harm.

    :param job: The job.
    :param prepared: A folder with its inputs, to be copied.
    :param initial: What that holds.
    :param final: What it holds once the job is done.
    :param seconds: How long that took.
    """

    job: Job
    prepared: Path
    initial: Snapshot
    final: Snapshot
    seconds: float

    @classmethod
    def of(cls, job: Job, folder: Path) -> Case:
        """Prepare a job and run it, once to know how it ends and once more to know how long it takes.

        :param job: The job.
        :param folder: Where to; made here.
        """
        prepared = folder / "prepared"
        prepared.mkdir(parents=True)
        job.prepare(prepared)
        ends = []
        for name in ("first", "second"):
            shutil.copytree(prepared, folder / name)
            ends.append(run(job.order(folder / name)))
            if ends[-1].code:
                raise RuntimeError(f"{job.name}: exit code {ends[-1].code}: {ends[-1].stderr}")
        final = snapshot(folder / "first")
        if final != snapshot(folder / "second"):
            raise RuntimeError(f"{job.name}: two runs differ")
        return cls(job, prepared, snapshot(prepared), final, min(end.seconds for end in ends))

    def copy(self, folder: Path) -> Path:
        """Copy the inputs to a new folder."""
        shutil.copytree(self.prepared, folder)
        return folder

    def operations(self, folder: Path, kinds: Kind = CHANGES) -> int:
        """Count the operations on files of the job."""
        return run(self.job.order(self.copy(folder), fault=Fault(kinds))).operations

    def compare(self, before: Snapshot, folder: Path) -> tuple[Snapshot, dict[str, Any]]:
        """Hold what a folder holds now against what it held before, and may come to hold.

        :param before: What it held.
        :param folder: The folder.
        :return: What it holds, and what :meth:`Tally.count` shall be told.
        """
        try:
            now = snapshot(folder)
        except Exception as error:
            return before, {"lost": len(before), "failed": f"cannot be read afterwards: {error}"}
        lost = [name for name in before if name not in now]
        wrong = [name for name in now if now[name] not in (self.initial.get(name), self.final.get(name))]
        if before is not self.final:
            wrong = [name for name in wrong if not name.startswith(REPORT)]
        told = f"lost {lost[:3]}, wrong {wrong[:3]}" if lost or wrong else ""
        return now, {"lost": len(lost), "wrong": len(wrong), "failed": told}

    def finish(self, folder: Path, made: Snapshot | None = None) -> dict[str, Any]:
        """Run the job once more, to its end.

        :param folder: Its folder, after whatever happened there.
        :param made: What must be there then; all that the job makes if not given.
        :return: What :meth:`Tally.count` shall be told.
        """
        ended = run(self.job.order(folder))
        if ended.code:
            return {"unclear": f"does not finish: {last_line(ended)}"}
        _, found = self.compare(self.final if made is None else made, folder)
        return found

    def note(self) -> str:
        """Say how long the job is."""
        return f"{self.seconds:.1f} s of work"


def last_line(ended: Ended) -> str:
    """Tell how a process ended."""
    line = (ended.stderr.splitlines() or ["says nothing"])[-1]
    return f"exit code {ended.code}, {line}"


def side_by_side(function: Callable[[Any], None], items: Iterable[Any]) -> None:
    """Call a function on each item, on as many threads as there are cores."""
    with ThreadPoolExecutor(available_cores()) as pool:
        for _ in pool.map(function, items):
            pass


def has_layer() -> bool:
    """Tell whether the shim can be used."""
    return layer() is not None


def not_run(attack: str, why: str) -> Outcome:
    """Give the row of an attack that cannot be tried on this machine."""
    return Outcome(attack, 0, 0, 0, 0, 0, f"not run: {why}")


NO_LAYER = "no C compiler for the shim"

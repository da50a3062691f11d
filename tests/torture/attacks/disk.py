"""Disks that are full, broken, read-only or taken away while a command works on them."""

from __future__ import annotations

import errno
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.torture.campaign import Campaign
from tests.torture.jobs import jobs
from tests.torture.outcome import Outcome
from tests.torture.processes import Ended, run, start
from tests.torture.shim import CHANGES, Action, Fault, Kind
from tests.torture.snapshot import Snapshot
from tests.torture.trial import NO_LAYER, Case, Tally, has_layer, last_line, not_run, side_by_side

MAKES_ROWS = ("embed", "cache import")
"""The commands whose rows are the very thing that they make, rather than a means."""

LEAST_ROOM = 100_000
"""Bytes that a job may take beyond its inputs, also where less is left of it in the end."""

QUICK = ("embed", "cache compact")
"""The commands that the quick part starves."""


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Take the disk away from each job; give it back, let the job finish, and look at what it made."""
    with jobs() as all_jobs:
        for job in all_jobs:
            if campaign.quick and job.name not in QUICK:
                continue
            campaign.tell(f"disk: {job.name}")
            folder = campaign.folder / job.name.replace(" ", "-")
            case = Case.of(job, folder)
            if has_layer():
                yield full_by_shim(campaign, case, folder / "full")
                yield broken(campaign, case, folder / "broken")
            else:
                yield not_run(f"disk: {job.name}, by the shim", NO_LAYER)
            if can_mount(folder):
                yield full_tmpfs(campaign, case, folder / "tmpfs")
            else:
                yield not_run(f"disk: {job.name}, full tmpfs", "no tmpfs can be mounted here")
            yield read_only(case, folder / "read-only")
            yield deleted(campaign, case, folder / "deleted")
            shutil.rmtree(folder)


def full_by_shim(campaign: Campaign, case: Case, folder: Path) -> Outcome:
    """Let the disk be full from the n-th write on: for every n, or as many as there is time for."""
    tally = Tally(f"disk: {case.job.name}, full from a write on")
    operations = case.operations(folder / "counted", Kind.WRITE)
    chance = campaign.chance(f"{case.job.name} full")
    chosen = chance.sample(range(operations), min(campaign.scale(3, 30), operations))

    def starve(nth: int) -> None:
        place = case.copy(folder / str(nth))
        fault = Fault(Kind.WRITE, Action.FAIL_FROM, nth, errno.ENOSPC)
        judge(tally, case, place, run(case.job.order(place, fault=fault)))

    side_by_side(starve, chosen)
    return tally.outcome(f"by the shim, {operations:,} writes")


def broken(campaign: Campaign, case: Case, folder: Path) -> Outcome:
    """Let one write, sync, rename or removal fail with an I/O error, or one read."""
    tally = Tally(f"disk: {case.job.name}, an I/O error")
    chance, faults, found = campaign.chance(f"{case.job.name} broken"), [], []
    for kinds in (CHANGES, Kind.READ):
        operations = case.operations(folder / f"counted {kinds:d}", kinds)
        chosen = chance.sample(range(operations), min(campaign.scale(2, 30), operations))
        faults += [Fault(kinds, Action.FAIL_ONCE, nth, errno.EIO) for nth in chosen]
        found.append(f"{operations:,}")

    def fail(number: int) -> None:
        place = case.copy(folder / str(number))
        judge(tally, case, place, run(case.job.order(place, fault=faults[number])))

    side_by_side(fail, range(len(faults)))
    return tally.outcome(f"by the shim, {found[0]} changes and {found[1]} reads")


def full_tmpfs(campaign: Campaign, case: Case, folder: Path) -> Outcome:
    """Run on a small disk that has room for a part of what the job writes."""
    tally = Tally(f"disk: {case.job.name}, full tmpfs")
    used = size_of(case.prepared)
    needed = max(size_of(case.prepared.with_name("first")), used + LEAST_ROOM)
    steps = campaign.scale(2, 8)
    for step in range(steps):
        place = folder / str(step)
        room = used + (needed - used) * step // steps
        with tmpfs(place, room) as enlarge:
            shutil.copytree(case.prepared, place, dirs_exist_ok=True)
            ended = run(case.job.order(place))
            judge(tally, case, place, ended, mend=enlarge)
    return tally.outcome(f"{used:,} to {needed:,} bytes")


def read_only(case: Case, folder: Path) -> Outcome:
    """Run where nothing may be written, and once more where only the cache may not be."""
    tally = Tally(f"disk: {case.job.name}, read-only folder")
    for number, within in enumerate((".", "cache")):
        place = case.copy(folder / str(number))
        (place / within).mkdir(exist_ok=True)
        with unwritable(place / within):
            ended = run(case.job.order(place))
        judge(tally, case, place, ended)
    return tally.outcome()


def deleted(campaign: Campaign, case: Case, folder: Path) -> Outcome:
    """Remove the cache while the job works on it; what it held is then gone, but the rest is as it was."""
    tally = Tally(f"disk: {case.job.name}, cache deleted while in use")
    made = case.final if case.job.name in MAKES_ROWS else without_rows(case.final)

    def delete(number: int) -> None:
        place = case.copy(folder / str(number))
        chance = campaign.chance(f"{case.job.name} deleted {number}")
        running = start(case.job.order(place))
        running.let_run(chance.random() * case.seconds)
        shutil.rmtree(place / "cache", ignore_errors=True)
        ended = running.wait()
        if not list(place.glob("cache/*/encoder.json")):
            shutil.rmtree(place / "cache", ignore_errors=True)  # as the line about a shard without it advises
        judge(tally, case, place, ended, held=without_rows(case.initial), made=made)

    side_by_side(delete, range(campaign.scale(2, 12)))
    return tally.outcome()


def without_rows(held: Snapshot) -> Snapshot:
    """Leave the rows of stores out."""
    return {name: value for name, value in held.items() if not name.startswith("row ")}


def judge(
    tally: Tally,
    case: Case,
    place: Path,
    ended: Ended,
    *,
    mend: Callable[[], None] = lambda: None,
    held: Snapshot | None = None,
    made: Snapshot | None = None,
) -> None:
    """Count a try: one clear line, nothing lost, and the job finishes once the disk is whole again.

    :param tally: Counts it.
    :param case: The job.
    :param place: Where it ran.
    :param ended: How it ended.
    :param mend: Makes the disk whole.
    :param held: What must be there now; all that was there before, or if the job was done, all that it makes.
    :param made: What must be there once the job was run again; all that it makes.
    """
    now = held if held is not None else case.final if ended.code == 0 else case.initial
    _, found = case.compare(now, place)
    if not ended.clear:
        found["unclear"] = f"{last_line(ended)} ({len(ended.stderr.splitlines())} lines)"
    mend()
    for name, value in case.finish(place, made).items():
        found[name] = found.get(name) or value
    tally.count(**found)
    shutil.rmtree(place, ignore_errors=True)  # a mounted folder cannot be removed


@contextmanager
def unwritable(folder: Path) -> Iterator[None]:
    """Take the right to write from a folder and those in it."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for one in folders:
        one.chmod(0o555)
    try:
        yield
    finally:
        for one in folders:
            one.chmod(0o755)


def can_mount(folder: Path) -> bool:
    """Tell whether a tmpfs can be mounted here."""
    try:
        with tmpfs(folder / "probe", 4096):
            return True
    except (OSError, subprocess.CalledProcessError):
        return False


@contextmanager
def tmpfs(folder: Path, size: int) -> Iterator[Callable[[], None]]:
    """Mount a disk of some bytes; give what makes it large."""
    folder.mkdir(parents=True)
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder]
    subprocess.run(mount, check=True, capture_output=True)

    def enlarge() -> None:
        subprocess.run(["mount", "-o", "remount,size=1g", folder], check=True, capture_output=True)

    try:
        yield enlarge
    finally:
        subprocess.run(["umount", folder], check=True, capture_output=True)


def size_of(folder: Path) -> int:
    """Tell how many bytes files and folders take, in whole pages."""
    return sum(-(-path.stat().st_size // 4096) * 4096 for path in folder.rglob("*") if path.is_file()) + 65536

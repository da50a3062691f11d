"""SIGKILL at random moments of every command that writes, and at each instant of its work on files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tests.torture.campaign import Campaign
from tests.torture.jobs import jobs
from tests.torture.outcome import Outcome
from tests.torture.processes import run
from tests.torture.shim import CHANGES, Action, Fault, Kind
from tests.torture.trial import NO_LAYER, Case, Tally, has_layer, last_line, not_run, side_by_side

MOST_KILLS = 5
"""Kills of one job, at most, before it is let finish."""

QUICK = ("embed", "fit-head", "cache compact")
"""The commands that the quick part kills."""


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Kill each job again and again; let it finish in the end, and hold it against one never killed."""
    with jobs() as all_jobs:
        for job in all_jobs:
            if campaign.quick and job.name not in QUICK:
                continue
            campaign.tell(f"kills: {job.name}")
            folder = campaign.folder / job.name.replace(" ", "-")
            case = Case.of(job, folder)
            yield at_random(campaign, case, folder / "random", campaign.scale(2, 66))
            if has_layer():
                yield at_instants(campaign, case, folder / "instants", campaign.scale(3, 200))
            else:
                yield not_run(f"kills: {job.name}, at instants", NO_LAYER)
            shutil.rmtree(folder)


def at_random(campaign: Campaign, case: Case, folder: Path, kills: int) -> Outcome:
    """Kill at random moments of the job's own time."""
    tally, numbers, finished = Tally(f"kills: {case.job.name}, at random"), count(), Tally("")

    def kill_and_finish(_: int) -> None:
        number = next(numbers)
        chance = campaign.chance(f"{case.job.name} {number}")
        place, held = case.copy(folder / str(number)), case.initial
        for _ in range(chance.randint(1, MOST_KILLS)):
            ended = run(case.job.order(place), kill_after=chance.random() * case.seconds)
            if not ended.killed:
                break
            held, found = case.compare(held, place)
            tally.count(**found)
        finished.count(**case.finish(place))
        shutil.rmtree(place)

    while tally.tries < kills:
        side_by_side(kill_and_finish, range(-(-(kills - tally.tries) // MOST_KILLS)))
    return together(tally, finished, f"{finished.tries} jobs finished in the end, {case.note()}")


def at_instants(campaign: Campaign, case: Case, folder: Path, most: int) -> Outcome:
    """Kill before each operation on files, which is after the one before, and in the middle of writes."""
    tally, finished = Tally(f"kills: {case.job.name}, at instants"), Tally("")
    operations = case.operations(folder / "counted", CHANGES)
    writes = case.operations(folder / "writes", Kind.WRITE)
    instants = [Fault(CHANGES, Action.KILL_BEFORE, nth) for nth in range(operations)]
    instants += [Fault(Kind.WRITE, Action.KILL_TORN, nth) for nth in range(writes)]
    chosen = campaign.chance(case.job.name).sample(instants, min(most, len(instants)))

    def kill_and_finish(number: int) -> None:
        place = case.copy(folder / str(number))
        ended = run(case.job.order(place, fault=chosen[number]))
        found = case.compare(case.initial, place)[1]
        if not ended.killed and not ended.clear:
            found["unclear"] = last_line(ended)
        tally.count(**found)
        finished.count(**case.finish(place))
        shutil.rmtree(place)

    side_by_side(kill_and_finish, range(len(chosen)))
    return together(tally, finished, f"{operations:,} operations on files, {writes:,} of them writes")


def together(tally: Tally, finished: Tally, note: str) -> Outcome:
    """Count kills as tries, but what was wrong once the job was finished as well."""
    tally.survived -= finished.tries - finished.survived
    for name in ("lost", "wrong", "unclear"):
        setattr(tally, name, getattr(tally, name) + getattr(finished, name))
    tally.told += finished.told
    return tally.outcome(note)

"""Processes and threads that read, embed, compact and verify one store at the same time."""

from __future__ import annotations

import json
import os
import random
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from langalign.durable import TEMPORARY
from langalign.encoders import build
from langalign.encoders.base import BaseEncoder
from langalign.store import Store, fill, row_keys
from langalign.store.compact import compact
from langalign.store.verify import verify
from langalign.types import Vectors
from tests.cli.reviews import reviews
from tests.torture import hurry
from tests.torture.campaign import Campaign
from tests.torture.outcome import Outcome
from tests.torture.processes import Ended, Running, ready
from tests.torture.trial import Tally

ENCODER = "hashing[width=32]"
WORKERS = 8
KILLED = -9
TEXTS = [text for text, _ in reviews(1200)]
STORED = 300
"""Of these texts the vectors are there from the beginning, and must be served at any time."""


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Let many do everything at once; then look at forks and old readers."""
    ready()
    seconds = campaign.scale(4, 120)
    yield at_once(campaign, "8 processes", [1] * WORKERS, seconds)
    yield at_once(campaign, "8 threads", [WORKERS], seconds)
    yield at_once(campaign, "8 processes that are killed", [1] * WORKERS, seconds, kill=True)
    yield alone(campaign, "fork after open", fork_after_open, campaign.scale(1, 12))
    yield alone(campaign, "a reader older than a compaction", read_after_compaction, campaign.scale(1, 12))


def at_once(
    campaign: Campaign, what: str, processes: Sequence[int], seconds: float, *, kill: bool = False
) -> Outcome:
    """Run processes of some threads each on one store, then look at what they leave."""
    campaign.tell(f"concurrency: {what}, for {seconds} s")
    tally, right, store = Tally(f"concurrency: {what}"), vectors_of(TEXTS), begun(campaign.folder / what)
    end, chance, started = time.time() + seconds, campaign.chance(what), count()

    def start(threads: int) -> Running:
        return Running(work, (store.folder.parent, right, threads, end, f"{campaign.seed} {next(started)}"))

    running = [start(threads) for threads in processes]
    while kill and time.time() < end:
        number = chance.randrange(len(running))
        heard(tally, running[number].wait(kill_after=chance.random() / 2))
        running[number] = start(processes[number])
    for each in running:
        heard(tally, each.wait())
    tally.count(**left_behind(store, right, killed=kill))
    killed = f", {next(started) - len(running)} kills" if kill else ""
    return tally.outcome(f"{seconds} s{killed}")


def alone(campaign: Campaign, what: str, target: Callable[..., None], times: int) -> Outcome:
    """Run something in a process of its own, on a store of its own."""
    campaign.tell(f"concurrency: {what}")
    tally, right = Tally(f"concurrency: {what}"), vectors_of(TEXTS)
    for number in range(times):
        store = begun(campaign.folder / f"{what} {number}")
        heard(tally, Running(target, (store.folder.parent, right)).wait())
        tally.count(**left_behind(store, right, killed=False))
    return tally.outcome()


def heard(tally: Tally, ended: Ended) -> None:
    """Count what a process told, a line for each thing it did; a kill may have cut the last line."""
    for line in ended.stdout.splitlines(keepends=True):
        if line.endswith("\n"):
            tally.count(**json.loads(line))
    if ended.code not in (0, KILLED):
        tally.count(unclear=f"a process ended with {ended.code}")


def left_behind(store: Store, right: Vectors, *, killed: bool) -> dict[str, Any]:
    """Judge a store that nobody works on any more: all rows, no damage, and no file but shards."""
    found = read(Store(store.folder.parent, store.identity), right, random.Random(0))
    bad = verify(store.folder).bad
    expected = {".h5", ".json", *([TEMPORARY] if killed else [])}
    others = [path.name for path in store.folder.iterdir() if path.suffix not in expected]
    if bad or others:
        found["failed"] = f"{bad[:1]} {others[:3]}"
    return found


def encoder() -> BaseEncoder:
    """Give the encoder of all that is done here."""
    return build(ENCODER, device="cpu")


def vectors_of(texts: Sequence[str]) -> Vectors:
    """Embed texts, apart from any store."""
    return np.asarray(encoder().embed(encoder().tokenize(texts)[0]))


def begun(cache: Path) -> Store:
    """Make a store that holds the first texts."""
    store = Store(cache, encoder().identity)
    for start in range(0, STORED, 30):
        texts = TEXTS[start : start + 30]
        store.append(row_keys(texts), vectors_of(texts))
    return store


def work(cache: Path, right: Vectors, threads: int, end: float, seed: str, told: Path) -> None:
    """Be one of the processes, of one or more threads that share an open store."""
    hurry.often()
    store = Store(cache, encoder().identity)
    with (told / "stdout").open("w") as log:
        workers = [
            threading.Thread(target=act, args=(store, right, end, random.Random(f"{seed} {number}"), log))
            for number in range(threads)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()


def act(shared: Store, right: Vectors, end: float, chance: random.Random, log: TextIO) -> None:
    """Do one thing after another, with the store that is open or one opened anew, until the time is over."""
    while time.time() < end:
        action = chance.choice(ACTIONS)
        try:
            store = chance.choice((shared, Store(shared.folder.parent, shared.identity)))
            found = action(store, right, chance)
        except Exception as error:
            found = {"unclear": f"{action.__name__}: {type(error).__name__}: {error}"}
        log.write(json.dumps(found) + "\n")
        log.flush()


def read(store: Store, right: Vectors, chance: random.Random) -> dict[str, Any]:
    """Read texts that are there from the beginning."""
    rows = chance.sample(range(STORED), STORED // 3)
    texts = [TEXTS[row] for row in rows]
    lost = int((~store.has(row_keys(texts))).sum())
    return {"lost": lost} if lost else {"wrong": differing(store.vectors(texts), right[rows])}


def embed(store: Store, right: Vectors, chance: random.Random) -> dict[str, Any]:
    """Embed texts, some of them stored already, and read them back."""
    start = chance.randrange(len(TEXTS) - 50)
    texts = TEXTS[start : start + 50]
    fill(encoder(), store, texts)
    return {"wrong": differing(store.vectors(texts), right[start : start + 50])}


def squeeze(store: Store, right: Vectors, chance: random.Random) -> dict[str, Any]:
    """Compact."""
    compact(store)
    return {}


def check(store: Store, right: Vectors, chance: random.Random) -> dict[str, Any]:
    """Verify."""
    bad = verify(store.folder).bad
    return {"failed": bad[0].problem} if bad else {}


ACTIONS = (read, read, embed, squeeze, check)


def differing(found: Vectors, right: Vectors) -> int:
    """Count rows that differ."""
    return int((found != right).any(axis=1).sum())


def fork_after_open(cache: Path, right: Vectors, told: Path) -> None:
    """Open a store, fork, and let both sides work with what was open."""
    hurry.often()
    store = Store(cache, encoder().identity)
    rows = store.rows(TEXTS[:STORED])
    children = []
    for number in range(WORKERS):
        child = os.fork()
        if not child:
            with (told / f"child {number}").open("w") as log:
                act(store, right, time.time() + 0.2, random.Random(number), log)
                log.write(json.dumps({"wrong": differing(rows[:], right[:STORED])}) + "\n")
            os._exit(0)
        children.append(child)
    with (told / "stdout").open("w") as log:
        act(store, right, time.time() + 0.2, random.Random(WORKERS), log)
        for number, child in enumerate(children):
            if os.waitpid(child, 0)[1]:
                log.write(json.dumps({"unclear": "a forked process did not end well"}) + "\n")
            log.write((told / f"child {number}").read_text())


def read_after_compaction(cache: Path, right: Vectors, told: Path) -> None:
    """Open a store and find rows in it; compact it elsewhere, then read them."""
    hurry.often()
    store = Store(cache, encoder().identity)
    rows = store.rows(TEXTS[:STORED])
    fill(encoder(), Store(cache, store.identity), TEXTS)
    compact(Store(cache, store.identity))
    gone = not any(shard.path.exists() for shard in store.shards)
    found = {"wrong": differing(rows[:], right[:STORED]) + read(store, right, random.Random(0))["wrong"]}
    if not gone:
        found["failed"] = "the compaction left old shards"
    (told / "stdout").write_text(json.dumps(found) + "\n")

"""Bytes of stores, aligners and heads flipped, zeroed and cut, and files put where they do not belong."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import h5py
import numpy as np

from langalign.encoders import build
from langalign.errors import LangalignError
from langalign.store import Store, row_keys
from langalign.store.encoder_file import ENCODER_FILE
from langalign.store.verify import verify
from langalign.types import Vectors
from tests.cli.reviews import reviews
from tests.torture.attacks._edits import EDITS
from tests.torture.attacks._misplaced import MISPLACEMENTS, Expected
from tests.torture.campaign import Campaign
from tests.torture.jobs import FIT_ALIGNER, FIT_HEAD, Job, write_pairs, write_reviews
from tests.torture.outcome import Outcome
from tests.torture.processes import Running, run
from tests.torture.snapshot import part
from tests.torture.trial import Tally, side_by_side

FOUND, HARMLESS, WRONG = "found", "harmless", "wrong"
"""Verdicts; any other says what is unclear."""

TEXTS = [text for text, _ in reviews(24)]
ENCODER = "hashing[width=16]"
CHUNK = 400
"""Changes that one process tries; a crash takes a process with it and no more."""


@dataclass(frozen=True)
class Change:
    """Damage to a file.

    :param how: ``flip`` a bit, ``zero`` a block, or ``cut`` what follows.
    :param place: First byte.
    :param extent: Number of the bit, or bytes of the block.
    """

    how: str
    place: int
    extent: int = 0

    def of(self, content: bytes) -> bytes:
        """Give the damaged bytes."""
        if self.how == "cut":
            return content[: self.place]
        damaged = bytearray(content)
        if self.how == "flip":
            damaged[self.place] ^= 1 << self.extent
        else:
            damaged[self.place : self.place + self.extent] = bytes(self.extent)
        return bytes(damaged[: len(content)])


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Damage each file byte by byte; then change attributes, and misplace whole files."""
    store = write_store(campaign.folder / "store")
    shard = next(iter(store.folder.glob("*.h5")))
    use = partial(of_store, store.vectors(TEXTS))
    yield everywhere(campaign, "a shard", shard, use)
    yield everywhere(campaign, "encoder.json", store.folder / ENCODER_FILE, use)
    yield edited(campaign, shard, use)
    yield misplaced(campaign, store)
    for kind, folder in fitted_parts(campaign.folder):
        for file in sorted(folder.iterdir()):
            use_part = partial(of_part, kind, part(folder, kind))
            yield everywhere(campaign, f"{file.name} of the {kind}", file, use_part)


def write_store(cache: Path) -> Store:
    """Write a store of one shard."""
    encoder = build(ENCODER, device="cpu")
    store = Store(cache, encoder.identity)
    store.append(row_keys(TEXTS), np.asarray(encoder.embed(encoder.tokenize(TEXTS)[0])))
    return store


def fitted_parts(folder: Path) -> Iterator[tuple[str, Path]]:
    """Fit an aligner and a head."""
    for kind, arguments, prepare in (
        ("aligner", FIT_ALIGNER, write_pairs),
        ("head", FIT_HEAD, write_reviews),
    ):
        (folder / kind).mkdir()
        prepare(folder / kind, 40)
        ended = run(Job(kind, arguments, prepare).order(folder / kind))
        if ended.code:
            raise RuntimeError(ended.stderr)
        yield kind, folder / kind / "made"


def everywhere(campaign: Campaign, what: str, file: Path, use: Callable[[Path], str]) -> Outcome:
    """Flip a bit of each byte, zero blocks of 8, 64 and 512 bytes, and cut at each length."""
    campaign.tell(f"damage: {what}")
    size, chance = file.stat().st_size, campaign.chance(what)
    changes = [Change("flip", place, chance.randrange(8)) for place in range(size)]
    changes += [Change("zero", place, block) for block in (8, 64, 512) for place in range(0, size, block)]
    changes += [Change("cut", place) for place in range(size)]
    most = campaign.scale(120, 10_000)
    chosen = chance.sample(changes, min(most, len(changes)))
    tally, verdicts = Tally(f"damage: {what}"), Counter[str]()
    chunks = [chosen[start : start + CHUNK] for start in range(0, len(chosen), CHUNK)]
    side_by_side(lambda chunk: verdicts.update(in_a_process(tally, file, chunk, use)), chunks)
    return tally.outcome(
        f"{size:,} bytes; {verdicts[FOUND]:,} changes found, {verdicts[HARMLESS]:,} where nothing is kept"
    )


def edited(campaign: Campaign, shard: Path, use: Callable[[Path], str]) -> Outcome:
    """Change attributes and datasets of a shard with HDF5 itself, so that HDF5 finds nothing wrong."""
    campaign.tell("damage: attributes and datasets")
    tally = Tally("damage: attributes and datasets")
    for name, edit in EDITS.items():
        place = campaign.folder / "edited" / shard.parent.name
        shutil.copytree(shard.parent, place)
        with h5py.File(place / shard.name, "r+") as file:
            edit(file)
        verdict = use(place)
        count(tally, verdict if verdict == FOUND else f"{name}: {verdict}")
        shutil.rmtree(place)
    return tally.outcome()


def misplaced(campaign: Campaign, store: Store) -> Outcome:
    """Remove, rename, duplicate and swap whole files and folders."""
    campaign.tell("damage: files misplaced")
    tally, right = Tally("damage: files misplaced"), store.vectors(TEXTS)
    for name, (misplace, expected) in MISPLACEMENTS.items():
        cache = campaign.folder / "misplaced" / name.replace(" ", "-")
        folder = cache / store.folder.name
        shutil.copytree(store.folder, folder)
        misplace(folder)
        verdict = of_store(right, folder)
        if expected is Expected.EMBEDDED_AGAIN:
            told = "not in the store" in verdict and "langalign embed" in verdict
            verdict = FOUND if told else f"{name}: {verdict}"
        elif verdict != expected.value:
            verdict = f"{name}: {verdict}"
        count(tally, verdict)
    return tally.outcome("a removed shard is told on use: its texts are not stored")


def in_a_process(
    tally: Tally, file: Path, changes: Sequence[Change], use: Callable[[Path], str]
) -> list[str]:
    """Try changes in a process of its own, on a copy of the file's folder, and count them."""
    ended = Running(try_changes, (file, changes, use)).wait()
    verdicts = json.loads(ended.stdout or "[]")
    for verdict in verdicts:
        count(tally, verdict)
    for _ in changes[len(verdicts) :]:
        tally.count(unclear=f"a process ended with {ended.code}")
    return verdicts


def count(tally: Tally, verdict: str) -> None:
    """Count one try by its verdict."""
    clear = verdict in (FOUND, HARMLESS, WRONG)
    tally.count(wrong=int(verdict == WRONG), unclear="" if clear else verdict)


def try_changes(file: Path, changes: Sequence[Change], use: Callable[[Path], str], told: Path) -> None:
    """Be that process."""
    content, verdicts = file.read_bytes(), []
    place = told / "copy" / file.parent.name
    shutil.copytree(file.parent, place)
    try:
        for change in changes:
            damaged = change.of(content)
            (place / file.name).write_bytes(damaged)
            verdict = use(place) if damaged != content else HARMLESS
            clear = verdict in (FOUND, HARMLESS)
            verdicts.append(verdict if clear or verdict == WRONG else f"{change}: {verdict}")
    finally:
        shutil.rmtree(told / "copy")
        (told / "stdout").write_text(json.dumps(verdicts), encoding="utf-8")


def of_store(right: Vectors, folder: Path) -> str:
    """Judge how a store of damaged files is read: by ``cache verify``, and by whoever needs its vectors."""
    bad = verify(folder).bad
    try:
        served = Store(folder.parent, build(ENCODER, device="cpu").identity).vectors(TEXTS)
    except LangalignError as error:
        if not bad:
            return f"only found on use: {error}"
        named = all(folder.name in line for line in (str(error), bad[0].problem))
        return FOUND if named else f"not named: {error} / {bad[0].problem}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    if not np.array_equal(served, right):
        return WRONG
    return FOUND if bad else HARMLESS


def of_part(kind: str, right: bytes, folder: Path) -> str:
    """Judge how the folder of an aligner or head with a damaged file is read."""
    try:
        found = part(folder, kind)
    except LangalignError as error:
        return FOUND if folder.name in str(error) else f"not named: {error}"
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return HARMLESS if found == right else WRONG

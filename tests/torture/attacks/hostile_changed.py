"""Sound files with bytes and values changed at random: every reader takes them or says one clear line."""

from __future__ import annotations

import json
import random
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from langalign import part_folder
from tests.torture.attacks._sound import sound_files
from tests.torture.campaign import Campaign
from tests.torture.jobs import FIT_ALIGNER, FIT_HEAD, write_pairs, write_reviews
from tests.torture.outcome import Outcome
from tests.torture.sandbox import Sandbox, sandbox
from tests.torture.trial import Tally

INSERTED = (b"\0", b"\xff\xfe", b'"', b"\r", b"\xed\xa0\x80", b"[", b"{", b"\xe2\x80\xa8", b"\t", b"\n")
CLAIMED = (b"\xff\xff\xff\xff", b"\xff\xff\xff\x7f", b"\0\0\0\x7f", b"\0\0\0\x40", b"\0\0\0\0")
VALUES: Sequence[Any] = (None, True, 0, -1, 1e308, 2**70, "", "x", "../..", [], {}, [1], {"a": 1}, "é" * 50)


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Change the bytes of each form of file, then the values of saved parts."""
    box = sandbox()
    for arguments, prepare, name in (
        (FIT_ALIGNER, write_pairs, "aligner"),
        (FIT_HEAD, write_reviews, "head"),
    ):
        (campaign.folder / name).mkdir()
        prepare(campaign.folder / name, 60)
        ended = box.run(campaign.folder / name, *arguments)
        if ended.code:
            raise RuntimeError(ended.stderr)
    yield from changed_files(campaign, box)
    for kind in ("aligner", "head"):
        yield changed_record(campaign, box, kind)


def changed_files(campaign: Campaign, box: Sandbox) -> Iterator[Outcome]:
    """Change bytes of files, giving each form of file the same time."""
    folder = campaign.folder / "files"
    files = sound_files(campaign.folder / "sound", box)
    shutil.copytree(campaign.folder / "aligner" / "made", folder / "aligner")
    for form, (name, contents, commands) in files.items():
        campaign.tell(f"hostile: changed bytes of {form}")
        tally, chance, worst = Tally(f"hostile: changed bytes of {form}"), campaign.chance(form), 0.0
        end = time.monotonic() + campaign.scale(0, 15)
        while not tally.tries or time.monotonic() < end:
            (folder / name).write_bytes(changed(chance.choice(contents), chance))
            ended = box.run(folder, *chance.choice(commands))
            worst = max(worst, ended.megabytes)
            tally.count(unclear=ended.complaint)
        (folder / name).unlink()
        yield tally.outcome(f"at most {worst:,.0f} MB taken")


def changed(content: bytes, chance: random.Random) -> bytes:
    """Flip, cut, repeat, insert, or overwrite with a large number, once or some times."""
    data = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 5, 20))):
        place = chance.randrange(min(len(data), chance.choice((100, 2_000, 10**9))) or 1)
        how = chance.randrange(6)
        if how == 0 and data:
            data[min(place, len(data) - 1)] ^= 1 << chance.randrange(8)
        elif how == 1:
            data[place : place + 1] = bytes([chance.randrange(256)])
        elif how == 2:
            data[place : place + 4] = chance.choice(CLAIMED)
        elif how == 3:
            data[place:place] = data[place : place + chance.randrange(1, 200)]
        elif how == 4:
            data[place:place] = chance.choice(INSERTED)
        elif chance.random() < 0.2:
            del data[place:]
    return bytes(data)


def changed_record(campaign: Campaign, box: Sandbox, kind: str) -> Outcome:
    """Put other values into a part's JSON file, and make its digest right again."""
    campaign.tell(f"hostile: changed values of {kind}.json")
    tally, chance = Tally(f"hostile: changed values of {kind}.json"), campaign.chance(kind)
    folder, made = campaign.folder / kind, campaign.folder / kind / "made"
    record = json.loads((made / f"{kind}.json").read_bytes())
    commands = USES[kind]
    cases = [(place, value) for place in places(record) for value in (*VALUES, ...)]
    for place, value in chance.sample(cases, campaign.scale(3, 300)):
        rewrite(made, kind, with_value(record, place, value))
        for command in commands:
            tally.count(unclear=box.run(folder, *command).complaint)
    rewrite(made, kind, record)
    return tally.outcome("with the digest made right again")


USES: Mapping[str, Sequence[Sequence[str]]] = {
    "aligner": (
        ("transform", "source.txt", "--aligner", "made", "--out", "o.npy", "--quiet", "--json"),
        ("cosine-report", "source.txt", "target.txt", "--aligner", "made", "--quiet", "--json"),
    ),
    "head": (("evaluate", "rows.tsv", "--head", "made", "--quiet", "--json"),),
}


def places(value: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Name every place in a JSON value, but for what describes the machine."""
    steps = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for step in steps:
        if step not in ("environment", "digest", "format"):
            yield (*above, step)
            yield from places(value[step], (*above, step))


def with_value(record: Mapping[str, Any], place: Sequence[Any], value: Any) -> dict[str, Any]:
    """Copy a record with another value at a place; an ellipsis takes the place away."""
    copy: dict[str, Any] = json.loads(json.dumps(record))
    holder: Any = copy
    for step in place[:-1]:
        holder = holder[step]
    if value is ...:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return copy


def rewrite(made: Path, kind: str, record: Mapping[str, Any]) -> None:
    """Write a record as the program would, digest and all."""
    content = {name: value for name, value in record.items() if name != "digest"}
    files = [(made / name).read_bytes() for name in (part_folder.WEIGHTS, part_folder.HISTORY)]
    digest = part_folder._digest(content, *files)
    (made / f"{kind}.json").write_text(json.dumps({**content, "digest": digest}), encoding="utf-8")

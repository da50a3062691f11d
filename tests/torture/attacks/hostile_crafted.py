"""Files made by hand to harm: they claim or unpack to gigabytes, lead elsewhere, or carry code."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from tests.torture.attacks._crafted import SECRET, TABLES, VECTORS, YAML, Made
from tests.torture.campaign import Campaign
from tests.torture.jobs import FIT_ALIGNER, write_pairs
from tests.torture.outcome import Outcome
from tests.torture.sandbox import Ended, sandbox
from tests.torture.trial import Tally

ENCODER = ("--encoder", "hashing[width=16]", "--quiet", "--json")


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Give each file to every command that takes its kind."""
    box = sandbox()
    (campaign.folder / "fitted").mkdir()
    write_pairs(campaign.folder / "fitted", 60)
    fitted = box.run(campaign.folder / "fitted", *FIT_ALIGNER)
    if fitted.code:
        raise RuntimeError(fitted.stderr)
    aligner = campaign.folder / "fitted" / "made"
    secret = write_secret(campaign.folder / "elsewhere")
    for kind, makers in (("tables", TABLES), ("vectors", VECTORS), ("experiments", YAML)):
        campaign.tell(f"hostile: crafted {kind}")
        tally = Tally(f"hostile: crafted {kind}")
        worst = 0.0
        names = campaign.chance(kind).sample([*makers], min(len(makers), campaign.scale(1, 100)))
        for name in names:
            folder = campaign.folder / kind / name
            shutil.copytree(aligner, folder / "aligner")
            made = makers[name](folder, secret)
            for command in commands(made, kind):
                ended = box.run(folder, *command)
                worst = max(worst, ended.megabytes)
                tally.count(**judged(f"{name}, {command[0]}", ended, made, folder))
        yield tally.outcome(f"at most {worst:,.0f} MB taken")


def write_secret(folder: Path) -> Path:
    """Write a file of vectors that no command is told of, and whose numbers none may show."""
    folder.mkdir()
    np.save(folder / "secret.npy", np.full((3, 16), SECRET, np.float32))
    return folder / "secret.npy"


def commands(made: Made, kind: str) -> Iterator[tuple[object, ...]]:
    """Name the commands that a file of this kind is given to."""
    if kind == "experiments":
        yield ("experiment", made.file, "--out", "made", "--dry-run", "--quiet", "--json")
    elif kind == "vectors":
        yield ("transform", made.file, "--aligner", "aligner", "--out", "made.npy", "--quiet", "--json")
        yield ("cache", "import", made.file, "--texts", "texts.txt", *ENCODER)
    elif made.file.endswith(".tmx"):
        yield ("fit-aligner", made.file, "--aligner", "linear", "--out", "made", *ENCODER)
    else:
        yield ("embed", made.file, *ENCODER)
        yield ("embed", made.file, "--skip-bad", *ENCODER)


def judged(what: str, ended: Ended, made: Made, folder: Path) -> dict[str, str | int]:
    """Say how a file was taken; see :meth:`Tally.count`."""
    if ended.complaint:
        return {"unclear": f"{what}: {ended.complaint}"}
    if (folder.parents[1] / "pwned").exists():
        return {"failed": f"{what}: code was run"}
    out = folder / "made.npy"
    if str(SECRET) in ended.stdout or (out.exists() and np.isclose(np.load(out), SECRET).any()):
        return {"wrong": 3, "failed": f"{what}: another file's numbers were served"}
    if ended.code == 0 and not made.fine:
        return {"failed": f"{what}: was taken: {ended.stdout[:200]}"}
    return {}

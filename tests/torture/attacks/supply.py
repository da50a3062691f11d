"""What is installed, pinned, hashed and licensed, held against each other, offline."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from tests.torture.campaign import Campaign
from tests.torture.outcome import Outcome
from tests.torture.trial import Tally

ROOT = Path(__file__).resolve().parents[3]


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Check the lists as they are; then change each, which must be noticed."""
    campaign.tell("supply: pins, hashes and licences")
    tally = Tally("supply: pins, hashes and licences")
    for name in ("constraints.txt", "requirements.lock", "DEPENDENCIES.md", ".ci/supply.py"):
        place = campaign.folder / name
        place.parent.mkdir(exist_ok=True)
        place.write_bytes((ROOT / name).read_bytes())
    tally.count(failed=check(campaign.folder))
    for name, old, new in CHANGES:
        place = campaign.folder / name
        content = place.read_text(encoding="utf-8")
        place.write_text(content.replace(old, new, 1), encoding="utf-8")
        noticed = content != place.read_text(encoding="utf-8") and check(campaign.folder)
        tally.count(failed="" if noticed else f"{old} made {new} in {name} is not noticed")
        place.write_text(content, encoding="utf-8")
    return iter([tally.outcome()])


CHANGES = (
    ("constraints.txt", "numpy==", "numpy==0"),
    ("constraints.txt", "h5py==", "# h5py=="),
    ("requirements.lock", "numpy==", "numpy==0"),
    ("requirements.lock", "--hash=sha256:", "--hash=sha1:"),
    ("DEPENDENCIES.md", "| numpy |", "| numpie |"),
)


def check(folder: Path) -> str:
    """Run the check; say what it found."""
    done = subprocess.run(
        [sys.executable, str(folder / ".ci" / "supply.py"), "check"], capture_output=True, text=True
    )
    return done.stderr.strip()[-300:]

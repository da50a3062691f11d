"""What langalign stands on: hashes of the packages, and their licences.

python .ci/supply.py lock     # write requirements.lock; asks the package index
python .ci/supply.py table    # write DEPENDENCIES.md, from what is installed here
python .ci/supply.py check    # offline: exit with 1 unless both are those of constraints.txt and all is well
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
CONSTRAINTS, LOCK, TABLE = (
    ROOT / name for name in ("constraints.txt", "requirements.lock", "DEPENDENCIES.md")
)
ANY_BUILD = "torch"
"""Comes in builds for processors and cards, each with a hash of its own, so that none can be named."""

COMPATIBLE = {
    "0bsd",
    "apache",
    "boost",
    "bsd",
    "bsl",
    "cc0",
    "cnri",
    "hpnd",
    "isc",
    "llvm",
    "mit",
    "mozilla",
    "mpl",
    "psf",
    "python software foundation",
    "unlicense",
    "zlib",
}
"""What an Apache-2.0 program may stand on, unchanged; words that licences' names begin with."""

LOCK_HEADER = """\
# Made by .ci/supply.py for CPython 3.11 on Linux x86-64: what 'langalign[cpu]' takes, with the files' hashes.
# pip install torch==2.13.0
# pip install --no-deps --require-hashes -r requirements.lock
# pip install --no-deps .
"""
TABLE_HEADER = """\
# Dependencies

What `constraints.txt` names, and its licence as the package itself tells it. All may be used by an Apache-2.0
program; none is copied into langalign. Made by `python .ci/supply.py table`.

| package | version | licence |
| --- | --- | --- |
"""


def pinned() -> dict[str, str]:
    """Read constraints.txt: versions by canonical name."""
    lines = [
        line
        for line in CONSTRAINTS.read_text(encoding="utf-8").splitlines()
        if "==" in line and line[0] != "#"
    ]
    return {canonical(name): version for name, version in (line.split("==") for line in lines)}


def canonical(name: str) -> str:
    """Write a package's name in the one way that indexes know."""
    return re.sub(r"[-_.]+", "-", name).lower()


def lock() -> str:
    """Ask pip what it would install, and write down each file's hash."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        asked = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--quiet",
            "--dry-run",
            "--ignore-installed",
            "--report",
            str(report),
            "-c",
            str(CONSTRAINTS),
            f"{ROOT}[cpu]",
        ]
        subprocess.run(asked, check=True)  # noqa: S603 - pip, and nothing that anybody typed
        found = json.loads(report.read_text(encoding="utf-8"))["install"]
    return LOCK_HEADER + "".join(sorted(_locked(found)))


def _locked(found: list[dict[str, Any]]) -> Iterator[str]:
    for one in found:
        name = canonical(one["metadata"]["name"])
        if name not in ("langalign", ANY_BUILD):
            digest = one["download_info"]["archive_info"]["hashes"]["sha256"]
            yield f"{name}=={one['metadata']['version']} --hash=sha256:{digest}\n"


def table() -> str:
    """List the pinned packages with their licences."""
    rows = (f"| {name} | {version} | {licence(name)} |\n" for name, version in sorted(pinned().items()))
    return TABLE_HEADER + "".join(rows)


def licence(name: str) -> str:
    """Tell a package's licence as its own metadata does."""
    told = metadata(name)
    classifiers = [
        one.split(" :: ")[-1] for one in told.get_all("Classifier") or [] if one.startswith("License ::")
    ]
    return told.get("License-Expression") or "; ".join(classifiers) or str(told.get("License", "not told"))


def problems() -> Iterator[str]:
    """Say what is wrong, a line each."""
    pins = pinned()
    for name, version in pins.items():
        try:
            here = metadata(name)["Version"]
        except PackageNotFoundError:
            continue  # belongs to another system, or to an extra that is not installed
        if here.split("+")[0] != version:
            yield f"{name} {here} is installed, {version} is pinned; make the environment anew"
        words = re.split(r" AND | OR |; ", licence(name))
        for word in words:
            if not any(word.lower().startswith(known) for known in COMPATIBLE):
                yield f"{name}: the licence {word!r} is not known to be compatible; look at it"
    listed = dict(re.findall(r"^\| ([\w-]+) \| (\d\S*) \|", TABLE.read_text(encoding="utf-8"), re.MULTILINE))
    locked = dict(
        re.findall(r"^([\w-]+)==(\S+) --hash=sha256:[0-9a-f]{64}$", LOCK.read_text(encoding="utf-8"), re.M)
    )
    if listed != pins:
        yield "DEPENDENCIES.md differs from constraints.txt; run python .ci/supply.py table"
    lines = [line for line in LOCK.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    if len(locked) != len(lines):
        yield f"requirements.lock has {len(lines)} lines, {len(locked)} with hashes; run .ci/supply.py lock"
    if any(pins.get(name, version) != version for name, version in locked.items()):
        yield "requirements.lock differs from constraints.txt; run python .ci/supply.py lock"


def main() -> None:
    """Write or check."""
    match sys.argv[1:]:
        case ["lock"]:
            LOCK.write_text(lock(), encoding="utf-8")
        case ["table"]:
            TABLE.write_text(table(), encoding="utf-8")
        case ["check"]:
            if found := list(problems()):
                raise SystemExit("\n".join(found))
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()

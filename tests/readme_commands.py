"""Run the ``console`` blocks and the ``python`` programs of a README, in order, in one empty folder.

    python readme_commands.py README.md [FOLDER OF THE langalign COMMAND]

Lines that begin with ``$ `` are commands; a trailing backslash goes on to the next line. Lines after a
command are its output, and must be what it prints, numbers and spacing aside; where none are shown, none are
compared. Python blocks that import langalign are programs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Command:
    """A command, and the lines that the page shows below it."""

    words: list[str]
    shown: list[str]


def commands(readme: str) -> list[Command]:
    """List what is to be run, in the order of the page."""
    found: list[Command] = []
    for kind, block in re.findall(r"^```(console|python)\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL):
        if kind == "python":
            found += [Command(["python", "-c", block], [])] if block.startswith("import langalign") else []
            continue
        for part in re.split(r"^\$ ", block.replace("\\\n", " "), flags=re.MULTILINE)[1:]:
            line, *shown = part.splitlines()
            found.append(Command(["bash", "-c", f"set -o pipefail; {line}"], shown))
    return found


def alike(lines: list[str]) -> list[str]:
    """Leave out of lines what differs from one machine to the next."""
    words = (" ".join(re.sub(r"\d+(\.\d+)?(e-?\d+)?", "#", line).split()) for line in lines)
    return [line for line in words if line]


def run_all(readme: str, binaries: Path | None = None) -> None:
    """Run the commands; the first that fails, or prints something else than is shown, ends the run."""
    environment = dict(os.environ)
    if binaries:
        environment["PATH"] = f"{binaries}{os.pathsep}{environment['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        for command in commands(readme):
            done = subprocess.run(command.words, cwd=folder, env=environment, capture_output=True, text=True)
            if done.returncode:
                said = f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
                raise SystemExit(f"README: {command.words[-1]}\n{said}")
            if command.shown and alike(command.shown) != alike(done.stdout.splitlines()):
                raise SystemExit(f"README: {command.words[-1]}\nprints something else:\n{done.stdout}")
            sys.stdout.write(f"ok: {command.words[-1]}\n")


if __name__ == "__main__":
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    run_all(text, Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None)

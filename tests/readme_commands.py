"""Run the ``console`` blocks and the ``python`` programs of a README, in order, in one empty folder.

    python readme_commands.py README.md [FOLDER OF THE langalign COMMAND]

Lines that begin with ``$ `` are commands; a trailing backslash goes on to the next line. Lines after a
command are its output, shown for the reader. Python blocks that import langalign are programs.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path


def commands(readme: str) -> list[list[str]]:
    """List what is to be run, in the order of the page."""
    found: list[list[str]] = []
    for kind, block in re.findall(r"^```(console|python)\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL):
        if kind == "python":
            found += [["python", "-c", block]] if block.startswith("import langalign") else []
            continue
        lines = block.replace("\\\n", " ").splitlines()
        found += [["bash", "-c", f"set -o pipefail; {line[2:]}"] for line in lines if line.startswith("$ ")]
    return found


def run_all(readme: str, binaries: Path | None = None) -> None:
    """Run the commands; the first that fails ends the run with its output."""
    environment = dict(os.environ)
    if binaries:
        environment["PATH"] = f"{binaries}{os.pathsep}{environment['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        for command in commands(readme):
            done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
            if done.returncode:
                said = f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
                raise SystemExit(f"README: {command[-1]}\n{said}")
            sys.stdout.write(f"ok: {command[-1]}\n")


if __name__ == "__main__":
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    run_all(text, Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None)

"""Run every command of a README's ``console`` blocks, in order, in one empty folder.

    python readme_commands.py README.md [FOLDER OF THE langalign COMMAND]

Lines that begin with ``$ `` are commands; a trailing backslash goes on to the next line. Lines after a
command are its output, shown for the reader. ``make`` and ``pip`` lines are left to the caller.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

LEFT_OUT = ("make ", "pip ", "git ", "cd ")


def commands(readme: str) -> list[str]:
    """List the commands of the ``console`` blocks."""
    blocks = re.findall(r"^```console\n(.*?)^```", readme, flags=re.MULTILINE | re.DOTALL)
    joined = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
    found = [line[2:].strip() for line in joined if line.startswith("$ ")]
    return [command for command in found if not command.startswith(LEFT_OUT)]


def run_all(readme: str, binaries: Path | None = None) -> None:
    """Run the commands; the first that fails ends the run with its output."""
    environment = dict(os.environ)
    if binaries:
        environment["PATH"] = f"{binaries}{os.pathsep}{environment['PATH']}"
    with tempfile.TemporaryDirectory() as folder:
        for command in commands(readme):
            done = subprocess.run(
                ["bash", "-c", f"set -o pipefail; {command}"],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
            )
            if done.returncode:
                raise SystemExit(
                    f"README: {command}\nexit code {done.returncode}\n{done.stdout}{done.stderr}"
                )
            sys.stdout.write(f"ok: {command}\n")


if __name__ == "__main__":
    text = Path(sys.argv[1]).read_text(encoding="utf-8")
    run_all(text, Path(sys.argv[2]).resolve() if len(sys.argv) > 2 else None)

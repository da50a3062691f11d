"""The command ``langalign``: where it starts, and how it ends when it is not let finish."""

from __future__ import annotations

import os
import sys

from langalign_cli import _interrupt


def run() -> None:
    """Run the command line, quiet when it is interrupted or the reader of its output goes away."""
    _interrupt.leave_at_once()
    from langalign_cli.app import app  # only now, as importing takes a while

    try:
        app()
    except BrokenPipeError:
        # Python would complain again when it flushes stdout at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    finally:
        _interrupt.leave_at_once()


if __name__ == "__main__":
    run()

"""Ctrl-C ends a command with one line, from its first moment on.

Until a command's own work begins there is nothing to tidy up, but modules are being imported, and an
exception in the middle of that comes out as anything: so the process is left at once. From then on it is
the usual ``KeyboardInterrupt``, and once the work is done the process is left at once again. Imports next to
nothing, as it is itself what comes first.
"""

from __future__ import annotations

import os
import signal

EXIT_CODE = 130
LINE = "interrupted; what was stored is kept, run the same command again to go on"


def leave_at_once() -> None:
    """Let an interrupt end the process on the spot, unless interrupts are ignored or heard by others."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, _leave)


def raise_again() -> None:
    """Undo :func:`leave_at_once`: an interrupt is an exception again."""
    if signal.getsignal(signal.SIGINT) is _leave:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _leave(*_: object) -> None:
    os.write(2, f"langalign: {LINE}\n".encode())
    os._exit(EXIT_CODE)

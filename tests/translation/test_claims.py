"""Claims hold between processes, and end with the process that holds them."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from langalign.errors import StoreError
from langalign.translation._claims import Claims

HOLD = """
import sys
from pathlib import Path
from langalign.translation._claims import Claims
with Claims(Path(sys.argv[1])).held([bytes.fromhex(key) for key in sys.argv[2:]]) as ours:
    print(*[key.hex() for key in ours], flush=True)
    sys.stdin.read()
"""
ONE, TWO, THREE = (bytes([first]) + bytes(15) for first in (1, 2, 255))


def holder(path: Path, *keys: bytes) -> tuple[subprocess.Popen[str], list[bytes]]:
    """Let another process claim keys; it holds them until its input ends."""
    command = [sys.executable, "-c", HOLD, str(path), *(key.hex() for key in keys)]
    job = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert job.stdout is not None
    return job, [bytes.fromhex(key) for key in job.stdout.readline().split()]


@pytest.mark.parametrize("killed", [True, False])
def test_what_another_process_has_claimed_is_left_to_it_until_it_ends(tmp_path: Path, killed: bool) -> None:
    claims = Claims(tmp_path / "claims")
    job, theirs = holder(tmp_path / "claims", ONE, TWO)
    assert theirs == [ONE, TWO]
    with claims.held([ONE, TWO, THREE]) as ours:
        assert ours == [THREE]
    if killed:
        job.send_signal(signal.SIGKILL)
    job.communicate()
    with claims.held([ONE, TWO, THREE]) as ours:
        assert ours == [ONE, TWO, THREE]
    claims.close()


def test_a_claim_ends_with_its_block(tmp_path: Path) -> None:
    claims = Claims(tmp_path / "claims")
    with pytest.raises(KeyError), claims.held([ONE, TWO]):
        raise KeyError
    with claims.held([ONE]):
        job, theirs = holder(tmp_path / "claims", ONE, TWO, THREE)
        assert theirs == [TWO, THREE]
        job.communicate()
    claims.close()


def test_a_file_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(StoreError, match=r"cannot open .*below: Not a directory"):
        Claims(tmp_path / "file" / "below")

"""Runs commands one by one, each in a fresh fork of a warm process, and tells how each ended.

python -m tests.torture.sandbox reads one case a line from stdin, as JSON, and answers with a line.
A fork costs milliseconds where a new process costs a second, so that thousands of files can be tried. Each
has a limit to its time and memory, and an audit hook notes whatever it opens, runs or connects to.
"""

from __future__ import annotations

import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

MOST_MEGABYTES = 500
"""What a command may take beyond what the process had, for a small file."""

ADDRESS_BYTES = 4 << 30
"""What a fork may map beyond that; only keeps the machine alive when a try blows up."""

SECONDS = 30
ROOT = Path(__file__).resolve().parents[2]
READABLE = tuple(
    str(Path(place).resolve())
    for place in (
        sys.prefix,
        sys.base_prefix,
        sysconfig.get_path("stdlib"),
        ROOT,
        "/usr",
        "/etc",
        "/proc",
        "/sys",
        "/dev",
    )
)
WARM = (
    "langalign_cli.app",
    "langalign.aligners",
    "langalign.corpora",
    "langalign.encoders._loading",
    "langalign.encoders._runner",
    "langalign.encoders.hashing",
    "langalign.encoders.transformers",
    "langalign.experiments",
    "langalign.heads",
    "langalign.store.exchange",
    "langalign.store.verify",
    "matplotlib.font_manager",
    "matplotlib.pyplot",
    "pyarrow.parquet",
    "safetensors.numpy",
    "sklearn.linear_model",
    "transformers.models.xlm_roberta.modeling_xlm_roberta",
)
"""What most commands import, imported once."""

WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT
FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "socket.connect", "pickle.find_class")


@dataclass(frozen=True)
class Ended:
    """How a command ended.

    :param code: Its exit code; negative is the signal that ended it.
    :param stdout: What it wrote.
    :param stderr: What it wrote there.
    :param seconds: How long it took; over :data:`SECONDS` it was killed.
    :param megabytes: Memory that it took beyond what the process had.
    :param trespasses: Files opened outside the folders it may use, programs run, servers called.
    """

    code: int
    stdout: str
    stderr: str
    seconds: float
    megabytes: float
    trespasses: list[str] = field(default_factory=list)

    @property
    def complaint(self) -> str:
        """Say what is wrong with the way it ended; empty if nothing is."""
        lines = self.stderr.splitlines()
        if self.trespasses:
            return f"reached out: {self.trespasses[0]}"
        if self.megabytes > MOST_MEGABYTES:
            return f"took {self.megabytes:,.0f} MB"
        if self.code == -signal.SIGKILL:
            return f"did not end within {SECONDS} s"
        if self.code not in (0, 1, 2):
            return f"ended with {self.code}: {self.stderr[-300:]}"
        if self.code == 1 and (len(lines) != 1 or not lines[0].startswith("langalign: ")):
            return f"no clear line: {self.stderr[-300:]!r}"
        return "no clear line: a traceback" if "Traceback" in self.stderr else ""


class Sandbox:
    """A warm process that runs cases."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, folder: Path, *arguments: object, environment: Mapping[str, str] | None = None) -> Ended:
        """Run ``langalign`` with arguments.

        :param folder: The working folder, outside of which no file may be touched.
        :param arguments: Of the command line.
        :param environment: Variables beside those of the campaign.
        :return: How it ended.
        """
        case = {
            "folder": str(folder),
            "arguments": [*map(str, arguments)],
            "environment": dict(environment or {}),
        }
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin
        assert stdout
        stdin.write(json.dumps(case) + "\n")
        stdin.flush()
        answer = stdout.readline()
        if not answer:
            _start.cache_clear()
            raise RuntimeError(f"the warm process itself ended with {self._process.wait()}")
        return Ended(**json.loads(answer))


def sandbox() -> Sandbox:
    """Give the warm process that all attacks share; it ends with the campaign, as its stdin then closes."""
    return Sandbox(_start())


@cache
def _start() -> subprocess.Popen[str]:
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("LANGALIGN_", "OPENAI_"))
    }
    settings = {"HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "tests.torture.sandbox"]
    return subprocess.Popen(
        command, cwd=ROOT, env={**kept, **settings}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def serve() -> None:
    """Answer cases until stdin ends."""
    for module in WARM:
        importlib.import_module(module)
    for line in sys.stdin:
        sys.stdout.write(json.dumps(_try(json.loads(line))) + "\n")
        sys.stdout.flush()


def _try(case: Mapping[str, Any]) -> dict[str, Any]:
    folder = Path(case["folder"])
    files = {name: Path(f"{folder}.{name}") for name in ("stdout", "stderr", "trespasses", "resident")}
    begin = time.monotonic()
    child = os.fork()
    if child == 0:
        _be(case, folder, files)
    ended = _wait(child, begin + SECONDS)
    told = {
        name: path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        for name, path in files.items()
    }
    for path in files.values():
        path.unlink(missing_ok=True)
    status, usage = ended
    return {
        "code": os.waitstatus_to_exitcode(status),
        "stdout": told["stdout"],
        "stderr": told["stderr"],
        "seconds": time.monotonic() - begin,
        "megabytes": usage.ru_maxrss / 1024 - float(told["resident"]),
        "trespasses": sorted({*told["trespasses"].splitlines()}),
    }


def _wait(child: int, until: float) -> tuple[int, resource.struct_rusage]:
    pause = 0.001
    while time.monotonic() < until:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            return status, usage
        time.sleep(pause)
        pause = min(0.05, pause * 1.5)
    os.kill(child, signal.SIGKILL)
    return os.wait4(child, 0)[1:]


def _be(case: Mapping[str, Any], folder: Path, files: Mapping[str, Path]) -> None:
    """Turn this fork into the command; never returns."""
    opened = {name: os.open(path, os.O_CREAT | os.O_RDWR | os.O_TRUNC) for name, path in files.items()}
    null = os.open(os.devnull, os.O_RDONLY)
    for number, descriptor in enumerate((null, opened["stdout"], opened["stderr"])):
        os.dup2(descriptor, number)
    os.write(opened["resident"], str(_resident()).encode())
    os.chdir(folder)
    os.environ.update(case["environment"], LANGALIGN_CACHE=str(folder / "cache"), TMPDIR=str(folder))
    tempfile.tempdir = None  # the process that this is a fork of may have settled on another folder
    resource.setrlimit(resource.RLIMIT_AS, (_mapped() + ADDRESS_BYTES,) * 2)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _watch(folder, opened["trespasses"])
    sys.argv = ["langalign", *case["arguments"]]
    code = 70
    try:
        from langalign_cli.main import run

        run()
        code = 0
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1 if error.code else 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _watch(folder: Path, told: int) -> None:
    """Note whatever reaches beyond the folder."""
    own = str(folder.resolve())

    def hook(event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            problem = _open_problem(own, *arguments)
        elif event == "subprocess.Popen":
            problem = "" if arguments[0] == sys.executable else f"ran {arguments[0]}"
        else:
            problem = f"{event} {arguments}" if event in FORBIDDEN else ""
        if problem:
            os.write(told, problem.encode(errors="replace").replace(b"\n", b" ") + b"\n")

    sys.addaudithook(hook)


def _open_problem(own: str, path: object, mode: object, flags: object) -> str:
    if not isinstance(path, str | bytes | os.PathLike) or not isinstance(flags, int):
        return ""
    place = os.path.realpath(os.fsdecode(path))
    if place == own or place.startswith(own + "/"):
        return ""
    if flags & WRITES and place != os.devnull:
        return f"wrote {place}"
    return "" if place.startswith(READABLE) else f"read {place}"


def _resident() -> float:
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 2**20


def _mapped() -> int:
    return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()


if __name__ == "__main__":
    serve()

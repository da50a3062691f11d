"""How everything here is measured: contenders in turn, medians, ratios, and where it ran."""

from __future__ import annotations

import hashlib
import json
import os
import statistics
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from itertools import count
from pathlib import Path
from typing import Any

from greenlet import getcurrent, greenlet

PUBLISHED = Path(__file__).parent / "results"
"""What is kept in the repository, and shown in the README."""

FOLDER_VARIABLE = "LANGALIGN_RESULTS"
"""Environment variable that names another folder to write results to."""

WATCH_SECONDS = 0.005

Step = Callable[[], None]
"""What a contender of :func:`take_turns` calls after each of its steps."""


@dataclass(frozen=True)
class Bar:
    """A bar that a measured figure must clear.

    :param what: What was measured.
    :param figure: The figure.
    :param bar: The least, or with ``at_most`` the most, that it may be.
    :param unit: Unit of both.
    :param at_most: Whether the bar is an upper one.
    """

    what: str
    figure: float
    bar: float
    unit: str = "times"
    at_most: bool = False

    @property
    def holds(self) -> bool:
        """Tell whether the bar is cleared."""
        return bool(self.figure <= self.bar if self.at_most else self.figure >= self.bar)

    def to_json(self) -> dict[str, Any]:
        """Give the row of the table."""
        sign = "at most" if self.at_most else "at least"
        return {
            "what": self.what,
            "figure": float(f"{self.figure:.4g}"),
            "bar": f"{sign} {self.bar:g}",
            "unit": self.unit,
            "holds": self.holds,
        }


def seconds(action: Callable[[], Any]) -> float:
    """Time one call."""
    begin = time.perf_counter()
    action()
    return time.perf_counter() - begin


def alternate(contenders: Mapping[str, Callable[[], Any]], repeats: int) -> dict[str, float]:
    """Time contenders in turn, so that a busy moment hits all alike.

    :param contenders: What to call, by name.
    :param repeats: How often each is called.
    :return: Median seconds by name.
    """
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(repeats):
        for name, action in contenders.items():
            taken[name].append(seconds(action))
    return {name: statistics.median(times) for name, times in taken.items()}


def no_step() -> None:
    """Tell nobody of a step."""


def take_turns(contenders: Mapping[str, Callable[[Step], Any]], steps: int) -> dict[str, float]:
    """Run contenders side by side, never two at once: some steps of one, then as many of the next.

    A machine that is fast for a while and then slow, as shared ones are, is so for all alike. All run in one
    thread of the system: with a thread for each, OpenMP would have more threads than there are cores, no
    longer let them spin, and slow every small step.

    :param contenders: What to call, by name; each is given what it must call after each of its steps.
    :param steps: How many steps a turn has.
    :return: Seconds that each took in its own turns.
    """
    here = getcurrent()
    spent = dict.fromkeys(contenders, 0.0)

    def start(contender: Callable[[Step], Any]) -> greenlet:
        done = count(1)

        def step() -> None:
            if next(done) % steps == 0:
                here.switch()

        return greenlet(partial(contender, step))

    runs = {name: start(contender) for name, contender in contenders.items()}
    while runs:
        for name, run in runs.items():
            spent[name] += seconds(run.switch)
        runs = {name: run for name, run in runs.items() if not run.dead}
    return spent


def anonymous_memory() -> float:
    """Tell the anonymous memory of this process, in megabytes; pages of files are not in it. Linux only."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.split("RssAnon:")[1].split()[0]) / 1000


@contextmanager
def memory_peak() -> Iterator[Callable[[], float]]:
    """Watch the anonymous memory of this process every few milliseconds.

    :yield: Gives the most there was, in megabytes.
    """
    peak, done = anonymous_memory(), threading.Event()

    def watch() -> None:
        nonlocal peak
        while not done.wait(WATCH_SECONDS):
            peak = max(peak, anonymous_memory())

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield lambda: peak
    finally:
        done.set()
        watcher.join()
        peak = max(peak, anonymous_memory())


def results_folder() -> Path:
    """Tell where results go."""
    return Path(os.environ.get(FOLDER_VARIABLE) or PUBLISHED)


def shown(arguments: Sequence[str]) -> list[str]:
    """Leave the folders out of paths, as they tell of a machine and not of a measurement."""
    return [Path(word).name if "/" in word else word for word in arguments]


def source(name: str) -> str:
    """Tell a digest of the code that a script's figures come from: the package's and the script's own."""
    import langalign

    files = sorted(Path(langalign.__file__).parent.rglob("*.py"))
    files += [Path(__file__), Path(__file__).parent / "speed" / f"{name}.py"]
    return hashlib.blake2b(b"".join(file.read_bytes() for file in files), digest_size=8).hexdigest()


def publish(
    name: str,
    bars: Sequence[Bar],
    details: Mapping[str, Any],
    *,
    seed: int,
    peers: Sequence[str] = (),
) -> None:
    """Print the bars and write them to ``NAME.json``, with arguments, seed, code, machine and versions.

    :param name: The script.
    :param bars: What was measured.
    :param details: What else to record, as plain JSON types.
    :param seed: Seed of everything random.
    :param peers: Packages whose versions are recorded beside the usual ones.
    """
    from langalign.environment import environment

    for bar in bars:
        row = bar.to_json()
        mark = "holds" if row["holds"] else "FAILS"
        print(f"{mark}  {row['what']}: {row['figure']} {row['unit']} ({row['bar']})")
    content = {
        "benchmark": name,
        "arguments": shown(sys.argv[1:]),
        "seed": seed,
        "bars": [bar.to_json() for bar in bars],
        "details": details,
        "source": source(name),
        "peers": {peer: version(peer) for peer in peers},
        "environment": environment(),
    }
    path = results_folder() / f"{name}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    print(f"wrote {path}")

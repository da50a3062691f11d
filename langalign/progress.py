"""Progress of a step that is a part of a larger one."""

from __future__ import annotations

from langalign.types import Progress


def part(progress: Progress | None, index: int, parts: int) -> Progress | None:
    """Let one of several equal steps report as a part of the whole.

    :param progress: Hears of the whole.
    :param index: Which step this is, from 0.
    :param parts: How many steps there are.
    :return: What the step tells its own progress to.
    """
    if progress is None:
        return None

    def tell(done: int, total: int) -> None:
        progress(index * total + done, parts * total)

    return tell


def rest(progress: Progress | None, settled: int) -> Progress | None:
    """Let a step report that finishes what another has begun.

    :param progress: Hears of both together.
    :param settled: Units that are done already.
    :return: What the step tells its own progress to.
    """
    if progress is None:
        return None

    def tell(done: int, total: int) -> None:
        progress(settled + done, settled + total)

    return tell

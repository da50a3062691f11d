"""Runs independent jobs on all cores.

Each job computes on one thread, whether jobs run side by side or one after the other: sums come out the
same to the last bit, and two jobs never fight for a core.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from typing import Any, TypeAlias, TypeVar

from langalign.errors import LangalignError, one_line
from langalign.experiments.bench import Bench

J = TypeVar("J")
R = TypeVar("R")
Answer: TypeAlias = "tuple[J, R | None, str]"

FAILURES = (LangalignError, OSError, MemoryError, RuntimeError)
"""What may go wrong with one cell and leave the others alone; torch raises ``RuntimeError``."""

_shared: dict[str, Any] = {}


def run_jobs(
    function: Callable[[Bench, J], R], bench: Bench, jobs: Sequence[J], workers: int
) -> Generator[tuple[J, R | None, str], None, None]:
    """Run a function on each job.

    Closed before its end, it ends the jobs that are running.

    :param function: At the top of a module, so that another process finds it.
    :param bench: What all jobs share.
    :param jobs: What to do.
    :param workers: Processes side by side; with 1 the jobs run here, in order.
    :yield: As they are done: the job, what it gave, and the line that says why it gave nothing.
    """
    workers = min(workers, len(jobs))
    if workers <= 1:
        with one_thread():
            for job in jobs:
                yield (job, *_tried(function, bench, job))
        return
    context = multiprocessing.get_context("spawn")  # forked processes would share torch's threads
    lifeline, ours = context.Pipe(duplex=False)
    pool = ProcessPoolExecutor(workers, context, initializer=_start, initargs=(bench, lifeline))
    try:
        with _deaf():
            running = {pool.submit(_work, function, job): job for job in jobs}
        for future in as_completed(running):
            try:
                result, error = future.result()
            except RuntimeError as broken:  # a worker was killed, most likely for want of memory
                result, error = None, told(broken)
            yield running[future], result, error
    except BaseException:
        ours.close()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        ours.close()
        lifeline.close()


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch and BLAS compute on one thread.

    :yield: Nothing.
    """
    import torch
    from threadpoolctl import threadpool_limits

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1):
            yield
    finally:
        torch.set_num_threads(before)


def told(error: BaseException) -> str:
    """Say in one line why a cell failed; whole, as the advice comes last."""
    return one_line(error, most=None)


def _tried(function: Callable[[Bench, J], R], bench: Bench, job: J) -> tuple[R | None, str]:
    try:
        return function(bench, job), ""
    except FAILURES as error:
        return None, told(error)


@contextmanager
def _deaf() -> Iterator[None]:
    """Put Ctrl-C off: processes that are started meanwhile never hear it, and leave it to their parent."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start(bench: Bench, lifeline: Connection) -> None:
    _shared["bench"] = bench
    threading.Thread(target=_end_with, args=(lifeline,), daemon=True).start()


def _end_with(lifeline: Connection) -> None:
    """End this process when its parent lets go, be it interrupted or killed; all writes are atomic."""
    wait([lifeline])
    os._exit(1)


def _work(function: Callable[[Bench, J], R], job: J) -> tuple[R | None, str]:
    with one_thread():
        return _tried(function, _shared["bench"], job)

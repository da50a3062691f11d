"""Tells how many cores this process may really use."""

from __future__ import annotations

import math
import os
from pathlib import Path

CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def available_cores(limit: Path = CGROUP_LIMIT) -> int:
    """Count the cores that the scheduler and the container allow.

    :param limit: The control group's file, ``quota period`` in microseconds or ``max period``.
    :return: Cores, at least 1.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota, _, period = limit.read_text().partition(" ") if limit.is_file() else ("max", "", "")
    return cores if quota == "max" else max(1, min(cores, math.ceil(int(quota) / int(period))))

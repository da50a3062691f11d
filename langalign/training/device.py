"""Chooses the device that trains."""

from __future__ import annotations

import re

import torch

from langalign.errors import SpecError

_DEVICE = re.compile(r"cpu|cuda(:(?P<index>\d{1,4}))?")


def resolve_device(device: str) -> str:
    """Turn ``auto`` into the best device there is, and refuse one that there is not.

    :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``.
    :return: A device that torch can use.
    :raises SpecError: If the device is unknown or not there.
    """
    count = torch.cuda.device_count()
    if device == "auto":
        return "cuda" if count else "cpu"
    found = _DEVICE.fullmatch(device)
    if not found:
        raise SpecError(f"device {device!r} is unknown; choose auto, cpu, cuda or cuda:i")
    if device != "cpu" and int(found["index"] or 0) >= count:
        raise SpecError(
            f"device {device!r} was asked for, but {count} CUDA devices are here; use --device cpu"
        )
    return device

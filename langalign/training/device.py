"""Chooses the device that trains."""

from __future__ import annotations

import torch

from langalign.errors import SpecError


def resolve_device(device: str) -> str:
    """Turn ``auto`` into the best device there is, and refuse one that there is not.

    :param device: ``auto``, ``cpu``, ``cuda`` or ``cuda:i``.
    :return: A device that torch can use.
    :raises SpecError: If the device is unknown or not there.
    """
    if device == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(0, device=device)
    except (RuntimeError, AssertionError) as error:  # a torch without CUDA asserts
        reason = str(error).splitlines()[0]
        raise SpecError(f"device {device!r} cannot be used: {reason}; use cpu or auto") from error
    return device

"""Says in one line that memory has ended, and what takes less; torch tells it as a ``RuntimeError``."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from langalign.errors import SpecError, one_line

_OF_CPU = "DefaultCPUAllocator: can't allocate memory"


def memory_ended(error: BaseException) -> bool:
    """Tell whether an error says that a GPU's or the machine's memory has ended."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or _OF_CPU in str(error)


@contextmanager
def enough_memory(work: str, advice: str) -> Iterator[None]:
    """Make it one line where memory ends.

    :param work: What takes the memory, with the number that decides how much.
    :param advice: What takes less, such as ``give a smaller batch_size``.
    :yield: Nothing; work within.
    :raises SpecError: If memory ends.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not memory_ended(error):
            raise
        raise SpecError(f"there is too little memory for {work}: {one_line(error, 200)}; {advice}") from error


def placed(model: Any, *place: Any) -> Any:
    """Move a model to a device, and into a number format.

    :param model: A torch module.
    :param *place: What its method ``to`` takes, the device first.
    :return: The model.
    :raises SpecError: If it does not fit there.
    """
    with enough_memory(f"the model on {place[0]}", "end what else uses it, or choose another --device"):
        return model.to(*place)

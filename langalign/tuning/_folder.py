"""The folder of a tuned encoder: a plain transformers checkpoint, with a record of how it was tuned.

- ``config.json``, ``model.safetensors``: what ``transformers.AutoModel`` loads
- the tokenizer's files, byte for byte as they came
- ``classifier/head.safetensors``: the task head that was trained along, if there was one
- ``tuning.json``: method, options, data, base model, history and figures
- ``train_results.json``: how long it took; apart, since an encoder's identity covers ``tuning.json`` but
  not this, and two runs that are alike shall give one identity
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from langalign.checkpoint import files_read
from langalign.durable import replacing_folder
from langalign.errors import DamageError, DataError, one_line
from langalign.part_folder import json_text

if TYPE_CHECKING:
    from langalign.tuning._network import ClassificationHead

KIND = "tuning"
RECORD, RESULTS, HEAD = f"{KIND}.json", "train_results.json", "classifier/head.safetensors"
FORMAT = 1
_NO_TOKENIZER = (".safetensors", ".py")
_NOT_COPIED = (
    *("model.safetensors", "pytorch_model", "adapter_"),
    *("modules.json", "sentence_bert_config", "config_sentence_transformers"),
)
"""How the names of files begin that are of the model's weights or wrapping, not of its tokenizer."""


def save_tuned(
    folder: Path,
    backbone: Any,
    head: ClassificationHead | None,
    base: Path,
    record: Mapping[str, Any],
    seconds: float,
) -> None:
    """Write the folder whole: beside its place, synced, then renamed into it.

    :param folder: Where it shall be; nothing or an empty folder is there.
    :param backbone: The tuned transformer, with ``save_pretrained``.
    :param head: The task head.
    :param base: Folder of the model that tuning started from, for the tokenizer.
    :param record: What ``tuning.json`` shall say.
    :param seconds: How long tuning took.
    :raises StoreError: If it cannot be written.
    """
    from safetensors.torch import save_file

    from langalign.checkpoint_loading import quietly

    with replacing_folder(folder) as making, quietly():
        for file in files_read(base):
            if file.suffix not in _NO_TOKENIZER and not file.name.startswith(_NOT_COPIED):
                shutil.copyfile(file, making / file.name)
        backbone.save_pretrained(making)
        if head is not None:
            (making / HEAD).parent.mkdir()
            save_file({name: value.contiguous() for name, value in head.state_dict().items()}, making / HEAD)
        for name, told in ((RECORD, {"format": FORMAT, **record}), (RESULTS, {"seconds": seconds})):
            (making / name).write_text(json_text(told), encoding="utf-8")


def read_record(folder: Path) -> tuple[dict[str, Any], float]:
    """Read how an encoder was tuned, and how long that took.

    :param folder: What :func:`save_tuned` wrote.
    :return: What ``tuning.json`` says, and the seconds.
    :raises DataError: If the folder holds no tuned encoder.
    :raises DamageError: If its record cannot be read.
    """
    if not (folder / RECORD).is_file():
        raise DataError(f"{folder}: is no tuned encoder, as it holds no {RECORD}; name the folder of --out")
    try:
        record = json.loads((folder / RECORD).read_bytes())
        if record["format"] != FORMAT:
            raise ValueError(f"it has format {record['format']}, but this version reads {FORMAT}")
        return record, float(json.loads((folder / RESULTS).read_bytes())["seconds"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise DamageError(
            f"{folder}: its record cannot be used: {error}; restore it, or tune again"
        ) from error


def load_head(folder: Path, classes: int) -> ClassificationHead:
    """Load the task head that was trained with a tuned encoder.

    :param folder: What :func:`save_tuned` wrote.
    :param classes: ``K``.
    :return: The head, in evaluation mode.
    :raises DamageError: If its file is missing or not what was written.
    """
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    from langalign.tuning._network import ClassificationHead

    try:
        state = load_file(folder / HEAD)
        head = ClassificationHead(state["dense.weight"].shape[0], classes)
        head.load_state_dict(state)
    except (SafetensorError, OSError, KeyError, RuntimeError) as error:
        reason = one_line(error)
        raise DamageError(f"{folder / HEAD}: cannot be used: {reason}; restore it, or tune again") from error
    return head.eval()

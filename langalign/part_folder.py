"""The folder that an aligner or head is saved in: complete, whole, and never unpickled.

- ``aligner.json`` or ``head.json``: format, name, options, and whatever else describes the part
- ``weights.safetensors``: what it learned
- ``history.json``: how training went

The JSON file also holds a digest of all three, so that no changed bit goes unnoticed.

Shared by :mod:`langalign.aligners` and :mod:`langalign.heads`, which never import each other.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from types import UnionType
from typing import Any

from numpy.typing import NDArray

from langalign.durable import replacing_folder
from langalign.errors import DamageError, DataError, IdentityError
from langalign.paths import user_path
from langalign.types import Encoder, Identity

FORMAT = 1
WEIGHTS, HISTORY = "weights.safetensors", "history.json"
_UNUSABLE = (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError)


@dataclass(frozen=True)
class SavedPart:
    """What a part's folder holds.

    :param config: Plain JSON types, among them ``name``.
    :param state: Named arrays.
    :param history: One entry for each step of training that was recorded.
    """

    config: Mapping[str, Any]
    state: Mapping[str, NDArray[Any]]
    history: Sequence[Mapping[str, Any]]


def check_free(folder: Path | str, kind: str) -> None:
    """Refuse a folder that holds something else, before any work is done.

    :param folder: Where a part shall be saved.
    :param kind: ``aligner`` or ``head``; an older one of the kind may be replaced.
    :raises DataError: If the folder holds something else, or a file is in its place.
    """
    folder = user_path(folder)
    if folder.name in ("", ".."):
        raise DataError(f"{folder}: cannot be replaced by a saved {kind}; name a folder of its own for --out")
    if folder.is_dir():
        if any(folder.iterdir()) and not (folder / f"{kind}.json").is_file():
            raise DataError(f"{folder}: holds something that is not a saved {kind}; choose another --out")
    elif folder.exists():
        raise DataError(f"{folder}: is a file; choose a folder for --out")


def save_part(
    folder: Path | str, kind: str, part: SavedPart, copies: Mapping[str, Path | str] | None = None
) -> None:
    """Write a part's folder whole: beside its place, synced, then renamed into it.

    :param folder: Where it shall be; an older part of the kind is replaced.
    :param kind: ``aligner`` or ``head``.
    :param part: What to save.
    :param copies: Folders to copy into it, by the name that they get.
    :raises DataError: If the folder holds something else.
    :raises StoreError: If it cannot be written; what stood there stands there still.
    """
    from safetensors.numpy import save

    folder = user_path(folder)
    check_free(folder, kind)
    if folder.is_symlink():
        folder = folder.resolve()  # the link stays, and leads to the new part
    weights = save({name: array.copy(order="C") for name, array in part.state.items()})
    history = json_text(part.history).encode()
    config = {"format": FORMAT, **part.config}
    config["digest"] = _digest(config, weights, history)
    with replacing_folder(folder, over=True) as making:
        for name, copied in (copies or {}).items():
            shutil.copytree(user_path(copied), making / name)
        (making / WEIGHTS).write_bytes(weights)
        (making / HISTORY).write_bytes(history)
        (making / f"{kind}.json").write_bytes(json_text(config).encode())


def load_part(folder: Path | str, kind: str) -> SavedPart:
    """Read a part's folder and check that it is whole.

    :param folder: What :func:`save_part` wrote.
    :param kind: ``aligner`` or ``head``.
    :return: What was saved.
    :raises DataError: If there is no such folder, or it holds no part of the kind.
    :raises DamageError: If one of its files is not what was written.
    """
    from safetensors import SafetensorError
    from safetensors.numpy import load

    folder = user_path(folder)
    if not (folder / f"{kind}.json").is_file():
        raise DataError(f"{folder}: is no saved {kind}, as it holds no {kind}.json; name the folder of --out")
    try:
        config = json.loads((folder / f"{kind}.json").read_bytes())
        weights, history = (folder / WEIGHTS).read_bytes(), (folder / HISTORY).read_bytes()
        format_, digest = config.pop("format"), config.pop("digest")
        if format_ != FORMAT:
            raise ValueError(f"it has format {format_}, and this version of langalign reads {FORMAT}")
        if digest != _digest({"format": FORMAT, **config}, weights, history):
            raise ValueError("its files are not the ones that were saved together")
        return SavedPart(config, load(weights), json.loads(history))
    except (*_UNUSABLE, SafetensorError) as error:
        raise DamageError(
            f"{folder}: cannot be used: {error}; fit the {kind} again, or restore it"
        ) from error


def check_fields(config: Mapping[str, Any], kinds: Mapping[str, type | UnionType]) -> None:
    """Refuse a configuration that lacks a field, or holds something else in it.

    :param config: What a part's JSON file says.
    :param kinds: The type of each field; a dot leads into an object, and whole numbers are above 0.
    :raises KeyError: If a field is missing.
    :raises TypeError: If one is of another type.
    """
    for place, kind in kinds.items():
        value: Any = config
        for name in place.split("."):
            value = value[name]
        fits = isinstance(value, kind)
        if not fits or (kind is int and value < 1):
            raise TypeError(f"its {place} is {value!r}")


def encoder_record(encoder: Encoder) -> dict[str, Any]:
    """Describe an encoder so that a part can find it again and refuse another.

    :param encoder: The encoder whose vectors the part was fitted on.
    :return: ``spec``, ``fingerprint`` and ``identity`` as plain JSON types.
    """
    identity = encoder.identity
    return {"spec": encoder.spec, "fingerprint": identity.fingerprint, "identity": identity.to_json()}


def check_encoder(
    record: Mapping[str, Any], identity: Identity, part: str, option: str = "--encoder"
) -> None:
    """Refuse vectors of another encoder.

    :param record: What :func:`encoder_record` gave when the part was fitted.
    :param identity: The encoder whose vectors the part shall take.
    :param part: How the message names the part.
    :param option: The option that names the encoder.
    :raises IdentityError: If they differ.
    """
    if record["fingerprint"] != identity.fingerprint:
        raise IdentityError(
            f"{part} was fitted on vectors of {record['spec']} ({record['fingerprint']}), not of {identity}; "
            f"use {option} '{record['spec']}', or fit it anew"
        )


def json_text(value: Any) -> str:
    """Write plain JSON types the way every record in a folder is written.

    :param value: Any; NaN and infinity are refused.
    :return: Indented and sorted, and the same for equal values.
    """
    return json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"


def _digest(config: Mapping[str, Any], *contents: bytes) -> str:
    digest = blake2b(json_text(config).encode(), digest_size=16)
    for content in contents:
        digest.update(content)
    return digest.hexdigest()

"""``encoder.json``: which encoder identity a store's folder belongs to, and how wide its vectors are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isal.isal_zlib import crc32

from langalign.durable import explained, write_durably
from langalign.errors import DamageError
from langalign.types import Identity

ENCODER_FILE = "encoder.json"
RESTORE = "restore the file from a copy, or remove the folder and run 'langalign embed' again"


def write_identity(folder: Path, identity: Identity, width: int) -> None:
    """Write ``encoder.json``.

    :param folder: A store's folder; it is made if need be.
    :param identity: What the vectors depend on.
    :param width: ``D``.
    :raises StoreError: If it cannot be written.
    """
    content = {**identity.to_json(), "fingerprint": identity.fingerprint, "width": width}
    content["crc"] = _crc(content)
    write_durably(folder / ENCODER_FILE, json.dumps(content, indent=2, sort_keys=True).encode())


def read_identity(folder: Path) -> tuple[Identity, int]:
    """Read ``encoder.json``.

    :param folder: A store's folder.
    :return: The identity and the width ``D``.
    :raises DamageError: If the file does not tell the identity that its own fingerprint names.
    :raises StoreError: If the system does not let it be read.
    """
    path = folder / ENCODER_FILE
    if not path.exists():
        raise DamageError(f"{path}: is missing; {RESTORE}")
    try:
        with explained(f"read {path}"):
            content = json.loads(path.read_bytes())
        identity, crc = Identity.from_json(content), content.pop("crc")
        if identity.fingerprint != content["fingerprint"]:
            raise ValueError("its fingerprint is not that of its identity")
        if crc != _crc(content):
            raise ValueError("its checksum fails")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DamageError(f"{path}: does not tell an encoder's identity ({error}); {RESTORE}") from error
    return identity, content["width"]


def _crc(content: Mapping[str, Any]) -> int:
    return crc32(json.dumps(content, sort_keys=True).encode())


def own_identity(folder: Path) -> tuple[Identity, int]:
    """Read ``encoder.json`` and hold it against the folder's name.

    :param folder: A store's folder.
    :return: The identity and the width ``D``.
    :raises DamageError: If the file is damaged or belongs in another folder.
    """
    identity, width = read_identity(folder)
    if folder.name != identity.folder_name:
        raise DamageError(
            f"{folder}: belongs to {identity}, whose folder is {identity.folder_name}; name it so again"
        )
    return identity, width

"""Where a model lies and what pins it: the digest of a local folder, or a commit of the hub.

Neither loads the weights into a model, and neither looks at a folder's name: two machines that hold the
same files agree. Only safetensors are taken; nothing is ever unpickled.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

from langalign.errors import SpecError, one_line
from langalign.paths import user_path

CONFIG = "config.json"
PIECE_BYTES = 16 * 2**20
"""Bytes hashed at a time; pieces are hashed side by side, as BLAKE2b alone takes a second per GB."""

_OTHER_FORMATS = (
    *(".bin", ".pt", ".pth", ".ckpt", ".h5", ".msgpack", ".ot", ".onnx", ".onnx_data", ".gguf", ".tflite"),
    *(".pb", ".xml", ".mlmodel"),
)
_REPORTS = (
    *(".md", ".log", ".out", ".lock", ".tmp", ".bak", ".csv", ".tsv", ".jsonl", ".ipynb", ".sh"),
    *(".png", ".jpg", ".gif", ".svg", ".webp", ".pdf"),
)
_NEVER_READ = _OTHER_FORMATS + _REPORTS
"""Endings of files that change no vector; whatever else lies in a folder may, such as ``bpe.codes``."""

_NEVER_ENTERED = (".", "_", "checkpoint-", "onnx", "openvino", "eval")
"""How the names of folders begin that hold no module of the model."""

_NOT_READ = {
    "LICENSE",
    "NOTICE",
    "all_results.json",
    "eval_results.json",
    "generation_config.json",
    "LICENSE.txt",
    "README.txt",
    "requirements.txt",
    "train_results.json",
    "trainer_state.json",
}
_PICKLES = ("*.bin", "*.pt", "*.pth", "*.ckpt")


@dataclass(frozen=True)
class Checkpoint:
    """A model that was found.

    :param source: What ``from_pretrained`` is given: a folder or a hub name.
    :param commit: The hub's commit; None for a folder.
    """

    source: str
    commit: str | None = None

    @cached_property
    def pin(self) -> str:
        """Tell what pins the weights: the commit, or the digest of the folder's files."""
        if self.commit:
            return self.commit
        _ = self._pinned  # noted before the files are read
        return digest(Path(self.source))

    @cached_property
    def _pinned(self) -> list[tuple[str, int, int]]:
        return _stamps(Path(self.source))

    def require_unchanged(self) -> None:
        """Refuse a folder whose files were written since it was pinned, as its vectors would be misfiled.

        :raises SpecError: If they were.
        """
        if self.commit is None and self._pinned != _stamps(Path(self.source)):
            raise SpecError(
                f"{self.source} was changed while it was loaded; run again when it stays as it is"
            )

    @cached_property
    def config(self) -> dict[str, Any]:
        """Read the model's ``config.json``; empty where there is none."""
        return self.read_json(CONFIG)

    @property
    def name(self) -> str:
        """Name what is pinned: the hub name, or for a folder its kind of model."""
        return self.source if self.commit else str(self.config.get("model_type", "local"))

    @property
    def label(self) -> str:
        """Tell what to show: the folder's own name."""
        return "" if self.commit else Path(self.source).name

    def read_json(self, file: str) -> dict[str, Any]:
        """Read one of the checkpoint's JSON files.

        :param file: Name within the checkpoint.
        :return: Its content; empty where there is no such file.
        :raises SpecError: If it is not a JSON object.
        """
        path = self._fetch(file)
        if path is None:
            return {}
        try:
            content = json.loads(path.read_bytes())
        except (ValueError, RecursionError) as error:
            raise SpecError(f"{path} is not JSON ({error}); fetch the model again") from error
        if not isinstance(content, dict):
            raise SpecError(f"{path} holds a {type(content).__name__}, not an object; fetch the model again")
        return content

    def number(self, file: str, key: str) -> int | None:
        """Read a number of one of the checkpoint's JSON files.

        :param file: Name within the checkpoint.
        :param key: Name of the number.
        :return: The number; None where there is none.
        :raises SpecError: If something else stands there.
        """
        value = self.read_json(file).get(key)
        if value is None:
            return None
        finite = isinstance(value, int) or (isinstance(value, float) and math.isfinite(value))
        if not finite or isinstance(value, bool):
            raise SpecError(
                f"{self.source}: {key} in {file} is {value!r}, not a number; fetch the model again"
            )
        return int(value)

    def require_plausible(self) -> None:
        """Refuse a folder whose configuration claims more layers or rows than its weights have bytes.

        :raises SpecError: If it does; building such a model takes all memory, or does not end.
        """
        if self.commit is not None:
            return
        weights = sum(size for name, size, _ in self._pinned if name.endswith(".safetensors"))
        for file in (name for name, *_ in self._pinned if Path(name).name == CONFIG):
            for key, value in self.read_json(str(Path(file).relative_to(self.source))).items():
                counts = key.startswith("num_") or key.endswith(("_size", "_layers"))
                if counts and isinstance(value, int) and value > weights:
                    raise SpecError(
                        f"{self.source}: {CONFIG} claims {key}={value:,}, but the weights have {weights:,} "
                        "bytes; fetch the model again"
                    )

    def complete_folder(self) -> Path:
        """Give a local folder with all that is read of the model, fetched from the hub if need be.

        :return: The folder.
        :raises SpecError: If weights are there as pickle only, or not at all.
        """
        if self.commit is None:
            return Path(self.source)
        from huggingface_hub import snapshot_download

        unread = [*(f"*{ending}" for ending in _NEVER_READ), *(f"{name}*/*" for name in _NEVER_ENTERED)]
        folder = Path(snapshot_download(self.source, revision=self.commit, ignore_patterns=unread))
        refuse_pickles(folder)
        return folder

    def _fetch(self, file: str) -> Path | None:
        if self.commit is None:
            path = Path(self.source, file)
            return path if path.is_file() else None
        from huggingface_hub import hf_hub_download
        from huggingface_hub.errors import EntryNotFoundError

        try:
            return Path(hf_hub_download(self.source, file, revision=self.commit))
        except EntryNotFoundError:
            return None


def find(name: str, revision: str | None = None, entry: str = CONFIG) -> Checkpoint:
    """Find a model by folder or by hub name.

    :param name: A folder, or ``owner/name`` on the Hugging Face hub.
    :param revision: Branch, tag or commit on the hub.
    :param entry: The file that makes a folder a model.
    :return: Where it is, and its commit.
    :raises SpecError: If there is no such model, or it cannot be pinned.
    """
    folder = user_path(name)
    if not folder.is_dir():
        if folder.is_absolute() or name.startswith((".", "~")) or folder.exists():
            raise SpecError(f"model folder {name} is no folder; name a folder or a hub model")
        return Checkpoint(name, _commit(name, revision, entry))
    if revision is not None:
        raise SpecError(f"{name} is a folder, which has no revision {revision!r}; leave revision out")
    if not (folder / entry).is_file():
        raise SpecError(f"model folder {name} has no {entry}; name a folder made by save_pretrained")
    refuse_pickles(folder)
    return Checkpoint(str(folder))


def _commit(name: str, revision: str | None, entry: str) -> str:
    """Resolve a hub name to a commit: from the hub, or when offline from the cached snapshot."""
    from huggingface_hub import hf_hub_download

    try:
        return Path(hf_hub_download(name, entry, revision=revision)).parent.name
    except (OSError, ValueError) as error:
        raise SpecError(
            f"model {name!r} is no folder here, and its revision {revision or 'main'} is not to be had from "
            f"the hub ({one_line(error)}); check the name, or go online once"
        ) from error


def digest(folder: Path) -> str:
    """Hash a folder's weights, configuration and tokenizer.

    BLAKE2b-160 over each file's relative name, size and pieces, files sorted by name. Pickles, READMEs,
    training states, hidden files and ``checkpoint-*`` folders are left out.

    :param folder: The model's folder.
    :return: 40 hexadecimal digits.
    """
    files = sorted(_files(folder), key=lambda file: file.relative_to(folder).as_posix())
    pieces = [(file, start) for file in files for start in range(0, file.stat().st_size, PIECE_BYTES)]
    names = [(file.relative_to(folder).as_posix(), file.stat().st_size) for file in files]
    total = blake2b(json.dumps(names).encode(), digest_size=20)
    with ThreadPoolExecutor() as pool:
        for hashed in pool.map(_hash_piece, pieces):
            total.update(hashed)
    return total.hexdigest()


def _stamps(folder: Path) -> list[tuple[str, int, int]]:
    """Note size and time of each file that counts."""
    stats = sorted((str(file), file.stat()) for file in _files(folder))
    return [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]


def _hash_piece(piece: tuple[Path, int]) -> bytes:
    path, start = piece
    with path.open("rb") as file:
        file.seek(start)
        return blake2b(file.read(PIECE_BYTES)).digest()


def refuse_pickles(folder: Path) -> None:
    """Check that every part of a model has its weights as safetensors.

    :param folder: The model's folder.
    :raises SpecError: If weights are there as pickle only, or not at all.
    """
    found = False
    for part in (folder, *_folders(folder)):
        if any(part.glob("*.safetensors")):
            found = True
        elif pickles := sorted(file.name for pattern in _PICKLES for file in part.glob(pattern)):
            raise SpecError(
                f"{part} holds its weights as pickle ({pickles[0]}), which is never loaded; "
                "save the model again with save_pretrained, as safetensors"
            )
    if not found:
        raise SpecError(f"{folder} has no *.safetensors; name a folder with a model's weights")


def _files(folder: Path) -> Iterator[Path]:
    for part in (folder, *_folders(folder)):
        yield from files_read(part)


def files_read(folder: Path) -> list[Path]:
    """List the files right in a model's folder that may change a vector.

    :param folder: The model's folder, or that of one of its modules.
    :return: Weights, configuration, whatever a tokenizer may read, and code.
    """
    found = []
    for file in folder.iterdir():
        hidden = file.name.startswith((".", "events.out.tfevents"))
        if file.is_file() and not (hidden or file.suffix in _NEVER_READ or file.name in _NOT_READ):
            found.append(file)
    return found


def _folders(folder: Path) -> Sequence[Path]:
    """List the folders of a model's modules, such as ``1_Pooling``, at any depth."""
    inner = sorted(
        one for one in folder.iterdir() if one.is_dir() and not one.name.startswith(_NEVER_ENTERED)
    )
    return [deep for one in inner for deep in (one, *_folders(one))]

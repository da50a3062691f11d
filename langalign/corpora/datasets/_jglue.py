"""How JGLUE lays out its datasets."""

from __future__ import annotations

_VERSIONS = ("v1.3", "v1.2", "v1.1", "v1.0")

JGLUE_FILES = {
    "train": tuple(f"train-{version}.json" for version in _VERSIONS),
    "dev": tuple(f"valid-{version}.json" for version in _VERSIONS),
    "test": tuple(f"test-{version}.json" for version in _VERSIONS),
}


def jglue_folders(name: str) -> tuple[str, ...]:
    """Tell where the files of a dataset may lie.

    :param name: The dataset's name, such as ``jnli``.
    :return: Folders, newest version first.
    """
    parents = ("", "jglue/", "JGLUE/datasets/")
    return (name, *(f"{parent}{name}-{version}" for parent in parents for version in _VERSIONS))

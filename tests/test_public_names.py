from __future__ import annotations

from pathlib import Path

import pytest

import langalign
import langalign_cli
from langalign import translation


def test_all_public_names_load() -> None:
    assert sorted(langalign._HOMES) == langalign.__all__
    for name in langalign.__all__:
        assert callable(getattr(langalign, name))


def test_all_names_of_translation_load() -> None:
    assert sorted(translation._HOMES) == sorted(translation.__all__)
    for name in translation.__all__:
        assert getattr(translation, name)


def test_no_package_imports_a_private_module_of_translation() -> None:
    folders = [Path(langalign.__file__).parent, Path(langalign_cli.__file__).parent]
    files = [path for folder in folders for path in folder.rglob("*.py") if path.parent.name != "translation"]
    assert files
    assert [path.name for path in files if "langalign.translation._" in path.read_text()] == []


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = langalign.nothing

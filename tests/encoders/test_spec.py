from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from langalign.encoders import ParsedSpec, build, format_spec, parse_spec
from langalign.errors import SpecError, UnknownPartError

KINDS = st.sampled_from(["hashing", "transformers", "use-multilingual"])
NAMES = st.none() | st.text(min_size=1)
OPTIONS = st.dictionaries(st.sampled_from(["prefix", "pooling", "max_length"]), st.text())


@given(KINDS, NAMES, OPTIONS)
def test_what_is_formatted_parses_to_the_same(kind: str, name: str | None, options: dict[str, str]):
    spec = format_spec(kind, name, options)
    assert parse_spec(spec) == ParsedSpec(kind, name, options)
    assert format_spec(kind, name, parse_spec(spec).options) == spec


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("use-multilingual", ParsedSpec("use-multilingual")),
        ("hashing[width=64]", ParsedSpec("hashing", None, {"width": "64"})),
        ("hashing[]", ParsedSpec("hashing")),
        ("openai:text-embedding-3-small", ParsedSpec("openai", "text-embedding-3-small")),
        (
            "transformers:xlm-roberta-base[pooling=cls,max_length=128,prefix=query: ]",
            ParsedSpec(
                "transformers",
                "xlm-roberta-base",
                {"pooling": "cls", "max_length": "128", "prefix": "query: "},
            ),
        ),
        (r"transformers:C:\models\e5", ParsedSpec("transformers", r"C:\models\e5")),
        (r"transformers:odd\[name", ParsedSpec("transformers", "odd[name")),
        (r"t:m[prefix=a\,b\]c\\d\e=]", ParsedSpec("t", "m", {"prefix": r"a,b]c\d\e="})),
        ("t:m[prefix=[q] ]", None),
        ("", None),
        (":m", None),
        ("t:", None),
        ("t:m[prefix]", None),
        ("t:m[prefix=a,,pooling=cls]", None),
        ("t:m[prefix=a", None),
        ("t:m[a=1]b", None),
        ("t:m[a=1,a=2]", None),
    ],
)
def test_the_grammar(spec: str, expected: ParsedSpec | None):
    if expected is None:
        with pytest.raises(SpecError, match="SPEC"):
            parse_spec(spec)
    else:
        assert parse_spec(spec) == expected


def test_options_are_formatted_in_order_and_none_is_left_out():
    options = {"prefix": "a,b", "normalize": True, "max_length": 9, "revision": None}
    assert format_spec("t", "m", options) == r"t:m[max_length=9,normalize=true,prefix=a\,b]"


def test_options_take_the_constructors_types():
    encoder = build("openai:m[dimensions=8,timeout=2.5]")
    assert (encoder.dimensions, encoder.timeout) == (8, 2.5)
    encoder = build("transformers:m[normalize=true,max_length=16,prefix=7]")
    assert (encoder.normalize, encoder._max_length, encoder.prefix) == (True, 16, "7")


def test_an_unknown_option_lists_the_choices():
    with pytest.raises(SpecError, match="no option 'with'; choose from: longest, shortest, storage, width"):
        build("hashing[with=3]")


def test_the_device_is_no_option():
    with pytest.raises(SpecError, match="no option 'device'"):
        build("hashing[device=cpu]")


@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        ("hashing[width=wide]", "hashing takes width of type int, got 'wide'"),
        ("openai:m[timeout=soon]", "openai takes timeout of type float, got 'soon'"),
        ("transformers:m[normalize=yes]", "transformers takes normalize true or false, got 'yes'"),
        ("hashing[storage=float64]", "storage=float64 is unknown"),
        ("hashing:m", "hashing takes no name, got 'm'"),
        ("transformers", "transformers needs a name"),
    ],
)
def test_what_does_not_suit_says_both(spec: str, problem: str):
    with pytest.raises(SpecError, match=problem):
        build(spec)


def test_an_unknown_kind_lists_the_kinds():
    with pytest.raises(
        UnknownPartError, match=r"unknown encoder 'bert'; choose one of: .*hashing.*transformers"
    ):
        build("bert:base")


def test_a_folders_spec_holds_from_elsewhere(
    small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.chdir(small_model.parent)
    encoder = build(f"transformers:{small_model.name}[prefix=q: ]")
    monkeypatch.chdir(tmp_path)
    assert encoder.spec == f"transformers:{small_model.resolve()}[prefix=q: ]"
    assert build(encoder.spec).identity == encoder.identity


def test_a_hub_or_service_name_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    Path("m").mkdir()
    assert build("openai:m").spec == "openai:m"
    assert build("transformers:owner/m").spec == "transformers:owner/m"

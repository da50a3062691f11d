"""What every encoder owes its users, whoever wrote it."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_type_hints

import numpy as np
import pytest

from langalign import registry
from langalign.encoders import build, format_spec
from langalign.encoders.base import BaseEncoder
from langalign.errors import SpecError
from tests.encoders.conftest import server, small_model
from tests.encoders.small_model import TEXTS, save_small_sentence_transformer

__all__ = ["server", "small_model"]  # fixtures of the encoders' own tests

NEEDS = {"sentence-transformers": "sentence_transformers"}
"""Packages that an encoder needs and langalign's base does not bring."""

NEUTRAL = {"revision", "max_retries", "timeout"}
"""Options that change no vector by themselves; what ``revision`` selects is in the identity."""

CHANGES = {
    "hashing": {"width": 64, "shortest": 1, "longest": 5, "storage": "float16"},
    "openai": {"dimensions": 8, "storage": "float16"},
    "sentence-transformers": {
        "prompt": "query: ",
        "max_length": 16,
        "normalize": True,
        "trust_remote_code": True,
        "storage": "float16",
    },
    "transformers": {
        "pooling": "cls",
        "prefix": "query: ",
        "max_length": 16,
        "normalize": True,
        "dtype": "bfloat16",
        "trust_remote_code": True,
        "storage": "float16",
    },
    "use-multilingual": {"storage": "float16"},
}
"""A value other than the default for each option that changes stored vectors."""

LOADED = {"torch", "transformers", "sentence_transformers", "openai"}


@pytest.fixture(params=registry.names("encoders"))
def kind(request: pytest.FixtureRequest) -> str:
    package = NEEDS.get(request.param)
    if package and importlib.util.find_spec(package) is None:
        pytest.skip(f"{request.param} needs the package {package}, which is not installed")
    return request.param


@pytest.fixture
def spec(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> Callable[..., str]:
    """Give a function from options to a SPEC of this kind that works here."""
    name = None
    if kind == "transformers":
        name = str(request.getfixturevalue("small_model"))
    elif kind == "sentence-transformers":
        name = str(save_small_sentence_transformer(tmp_path / "m", request.getfixturevalue("small_model")))
    elif kind == "openai":
        request.getfixturevalue("server")
        name = "small"
    return lambda **options: format_spec(kind, name, options)


@pytest.fixture
def encoder(spec: Callable[..., str]) -> BaseEncoder:
    return build(spec(), device="cpu")


def test_vectors_are_rows_of_float32(encoder: BaseEncoder):
    vectors = encoder.encode(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (len(TEXTS), vectors.shape[1])
    assert encoder.width in (None, vectors.shape[1])
    assert np.isfinite(vectors).all()


def test_the_same_text_has_the_same_row_and_others_have_others(encoder: BaseEncoder):
    vectors = encoder.encode([*TEXTS, *TEXTS])
    np.testing.assert_allclose(vectors[: len(TEXTS)], vectors[len(TEXTS) :], atol=1e-5)
    assert len(np.unique(vectors[: len(TEXTS)].round(3), axis=0)) == len(TEXTS)


def test_neither_batch_size_nor_order_matters(encoder: BaseEncoder):
    together = encoder.encode(TEXTS)
    np.testing.assert_allclose(
        np.concatenate([encoder.encode([text]) for text in TEXTS]), together, atol=1e-5
    )
    np.testing.assert_allclose(encoder.encode(TEXTS[::-1])[::-1], together, atol=1e-5)


def test_tokenize_gives_an_item_and_a_length_for_each_text(encoder: BaseEncoder):
    ids, lengths = encoder.tokenize(TEXTS)
    assert len(ids) == len(TEXTS)
    assert lengths.shape == (len(TEXTS),)
    assert lengths.dtype == np.int64
    assert lengths[TEXTS.index("Rain.")] == lengths.min() > 0
    np.testing.assert_allclose(encoder.embed(ids[2:5]), encoder.encode(TEXTS)[2:5], atol=1e-5)


def test_a_pair_is_encoded_jointly_or_refused(encoder: BaseEncoder):
    pairs = [("A man is playing.", "Nobody is playing."), ("Rain.", "Sun.")]
    if encoder.joint_pairs:
        vectors = encoder.encode(pairs)
        assert len(vectors) == 2
        assert np.abs(vectors - encoder.encode([first for first, _ in pairs])).max() > 1e-3
    else:
        with pytest.raises(SpecError, match="encodes single texts, not sentence pairs"):
            encoder.encode(pairs)


def test_the_spec_builds_the_same_encoder_again(encoder: BaseEncoder):
    again = build(encoder.spec, device="cpu")
    assert again.identity == encoder.identity
    np.testing.assert_allclose(again.encode(TEXTS), encoder.encode(TEXTS), atol=1e-6)


def test_every_option_that_changes_vectors_changes_the_identity(
    kind: str, spec: Callable[..., str], encoder: BaseEncoder
):
    hints = get_type_hints(registry.get("encoders", kind).__init__)
    assert set(hints) - {"name", "device", "return"} - NEUTRAL == set(CHANGES[kind])
    identities = [build(spec(**{option: value})).identity for option, value in CHANGES[kind].items()]
    fingerprints = {identity.fingerprint for identity in [encoder.identity, *identities]}
    assert len(fingerprints) == 1 + len(CHANGES[kind])


def test_the_device_and_other_machinery_leave_the_identity_alone(
    kind: str, spec: Callable[..., str], encoder: BaseEncoder
):
    hints = get_type_hints(registry.get("encoders", kind).__init__)
    options = {key: 9 for key in ("max_retries", "timeout") if key in hints}
    assert build(spec(**options), device="cuda:7").identity.fingerprint == encoder.identity.fingerprint


def test_the_identity_is_complete_json_and_names_the_kind(kind: str, encoder: BaseEncoder):
    told = encoder.identity.to_json()
    assert json.loads(json.dumps(told)) == told
    assert told["kind"] == kind
    assert encoder.identity.folder_name.startswith(kind)


def test_the_identity_is_told_without_loading_a_model(spec: Callable[..., str]):
    program = (
        "import sys; from langalign.encoders import build; identity = build(sys.argv[1]).identity; "
        "print(identity.fingerprint, *sys.modules)"
    )
    told = subprocess.run(
        [sys.executable, "-c", program, spec()], capture_output=True, text=True, check=True
    ).stdout.split()
    assert LOADED.isdisjoint(told)
    assert told[0] == build(spec()).identity.fingerprint

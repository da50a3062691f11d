from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from langalign.encoders import build
from langalign.errors import MissingExtraError, SpecError
from tests.encoders.small_model import TEXTS, save_small_sentence_transformer

sentence_transformers = pytest.importorskip("sentence_transformers")


@pytest.fixture(scope="module")
def model_folder(small_model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_sentence_transformer(tmp_path_factory.mktemp("models") / "small-st", small_model)


@pytest.fixture
def prompted(model_folder: Path, tmp_path: Path) -> Path:
    folder = shutil.copytree(model_folder, tmp_path / "prompted")
    settings = json.loads((folder / "config_sentence_transformers.json").read_text())
    settings |= {"prompts": {"query": "query: "}, "default_prompt_name": "query"}
    (folder / "config_sentence_transformers.json").write_text(json.dumps(settings))
    return folder


def test_vectors_are_the_packages(model_folder: Path):
    expected = sentence_transformers.SentenceTransformer(str(model_folder), device="cpu").encode(TEXTS)
    np.testing.assert_allclose(
        build(f"sentence-transformers:{model_folder}").encode(TEXTS), expected, atol=1e-5
    )


def test_a_plain_model_gives_the_same_vectors_through_transformers(model_folder: Path, small_model: Path):
    np.testing.assert_allclose(
        build(f"sentence-transformers:{model_folder}").encode(TEXTS),
        build(f"transformers:{small_model}").encode(TEXTS),
        atol=1e-5,
    )


def test_lengths_are_tokens_and_limited(model_folder: Path, small_model: Path):
    ids, lengths = build(f"sentence-transformers:{model_folder}[max_length=12]").tokenize(TEXTS)
    _, expected = build(f"transformers:{small_model}[max_length=12]").tokenize(TEXTS)
    assert list(ids) == TEXTS
    np.testing.assert_array_equal(lengths, expected)


def test_the_default_prompt_is_resolved_and_can_be_left_out(prompted: Path, model_folder: Path):
    encoder = build(f"sentence-transformers:{prompted}")
    assert encoder.identity.options["prompt"] == "query: "
    plain = build(f"sentence-transformers:{model_folder}")
    np.testing.assert_allclose(encoder.encode(["a"]), plain.encode(["query: a"]), atol=1e-5)
    without = build(f"sentence-transformers:{prompted}[prompt=]")
    np.testing.assert_allclose(without.encode(["a"]), plain.encode(["a"]), atol=1e-5)


def test_lengths_are_scaled_to_one_when_told(model_folder: Path):
    vectors = build(f"sentence-transformers:{model_folder}[normalize=true]").encode(TEXTS)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)


def test_a_tokenizer_of_another_make_counts_characters(tmp_path: Path, small_model: Path):
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(small_model / "tokenizer.json"))
    module = StaticEmbedding(tokenizer, embedding_dim=4)
    SentenceTransformer(modules=[module], device="cpu").save(str(tmp_path / "static"))
    encoder = build(f"sentence-transformers:{tmp_path / 'static'}")
    assert encoder.tokenize(["abc", ""])[1].tolist() == [3, 0]
    assert encoder.encode(["abc"]).shape == (1, 4)


def test_a_plain_checkpoint_is_sent_elsewhere(small_model: Path):
    with pytest.raises(SpecError, match=r"has no modules.json"):
        _ = build(f"sentence-transformers:{small_model}").identity


def test_a_pickled_module_is_refused(model_folder: Path, tmp_path: Path):
    folder = shutil.copytree(model_folder, tmp_path / "m")
    (folder / "2_Dense").mkdir()
    (folder / "2_Dense" / "pytorch_model.bin").write_bytes(b"")
    with pytest.raises(SpecError, match=r"2_Dense holds its weights as pickle"):
        _ = build(f"sentence-transformers:{folder}").identity


def test_a_limit_of_nothing_is_refused():
    with pytest.raises(SpecError, match="max_length=0 is out of range; give at least 1"):
        build("sentence-transformers:m[max_length=0]")


def test_a_missing_package_is_said_with_the_line_that_installs_it(
    model_folder: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "sentence_transformers", None)
    encoder = build(f"sentence-transformers:{model_folder}")
    assert len(encoder.identity.revision) == 40
    with pytest.raises(MissingExtraError, match=r"pip install 'langalign\[sentence-transformers\]'"):
        encoder.load()


def test_a_model_whose_files_do_not_belong_together_ends_in_one_line(model_folder: Path, tmp_path: Path):
    copied = shutil.copytree(model_folder, tmp_path / "copied")
    (config,) = (path for path in copied.rglob("config.json") if "num_attention_heads" in path.read_text())
    config.write_text(json.dumps({**json.loads(config.read_bytes()), "num_attention_heads": -1}))
    encoder = build(f"sentence-transformers:{copied}")
    with pytest.raises(SpecError, match=r"the model of .*copied cannot be run: .*shape"):
        encoder.embed(["a text"])

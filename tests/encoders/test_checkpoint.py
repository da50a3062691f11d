from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from langalign.checkpoint import PIECE_BYTES, Checkpoint, digest, find
from langalign.encoders import build
from langalign.errors import SpecError

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture
def copied(small_model: Path, tmp_path: Path) -> Path:
    return shutil.copytree(small_model, tmp_path / "copied-model")


@pytest.fixture
def hub(small_model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A hub cache that holds one snapshot of ``owner/model``, and no network."""
    from huggingface_hub import constants

    repository = tmp_path / "hub" / "models--owner--model"
    snapshot = repository / "snapshots" / COMMIT
    shutil.copytree(small_model, snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return snapshot


def test_a_folders_name_is_shown_but_not_identified_by(small_model: Path, copied: Path):
    one, other = (build(f"transformers:{folder}").identity for folder in (small_model, copied))
    assert one.fingerprint == other.fingerprint
    assert one == other
    assert one.folder_name == other.folder_name
    assert "copied-model" in str(other)
    assert (other.name, other.label) == ("xlm-roberta", "copied-model")


@pytest.mark.parametrize(
    "file",
    [
        "model.safetensors",
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "bpe.codes",  # of PhoBERT
        "prophetnet.tokenizer",
        "words_of_a_model_to_come.xyz",
    ],
)
def test_every_file_that_may_be_read_is_identified_by(copied: Path, file: str):
    if not (copied / file).exists():
        (copied / file).write_text("h e\n")
    before = digest(copied)
    content = bytearray((copied / file).read_bytes())
    content[-1] ^= 1
    (copied / file).write_bytes(content)
    assert digest(copied) != before


def test_files_that_are_not_read_change_nothing(copied: Path):
    before = digest(copied)
    for name in (
        "README.md",
        "trainer_state.json",
        "optimizer.pt",
        ".gitattributes",
        "LICENSE",
        "events.out.tfevents.1",
        "model.onnx",
        "eval/similarity_evaluation_results.csv",
        "onnx/config.json",
        ".git/x.json",
        "checkpoint-5/config.json",
    ):
        (copied / name).parent.mkdir(exist_ok=True)
        (copied / name).write_text("{}")
    assert digest(copied) == before
    (copied / "1_Pooling").mkdir()
    (copied / "1_Pooling" / "config.json").write_text("{}")
    assert digest(copied) != before


def test_content_that_moves_from_one_file_to_the_next_is_seen(tmp_path: Path):
    (tmp_path / "a.json").write_bytes(b"12")
    (tmp_path / "b.json").write_bytes(b"3")
    before = digest(tmp_path)
    (tmp_path / "a.json").write_bytes(b"1")
    (tmp_path / "b.json").write_bytes(b"23")
    assert digest(tmp_path) != before


def test_every_piece_of_a_large_file_is_hashed(tmp_path: Path):
    file = tmp_path / "model.safetensors"
    file.write_bytes(bytes(PIECE_BYTES + 1))
    before = digest(tmp_path)
    file.write_bytes(bytes(PIECE_BYTES) + b"1")
    assert digest(tmp_path) != before


def test_pickled_weights_are_refused(copied: Path):
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(SpecError, match=r"weights as pickle \(pytorch_model.bin\), which is never loaded"):
        _ = build(f"transformers:{copied}").identity
    (copied / "pytorch_model.bin").unlink()
    with pytest.raises(SpecError, match=r"has no \*\.safetensors"):
        _ = build(f"transformers:{copied}").identity


def test_a_folder_that_is_no_model_is_said(tmp_path: Path):
    with pytest.raises(SpecError, match=r"has no config.json; name a folder made by save_pretrained"):
        find(str(tmp_path))
    for name in (str(tmp_path / "none"), "./none", "~/none"):
        with pytest.raises(SpecError, match=f"model folder {name} is no folder"):
            find(name)


def test_a_folder_has_no_revision(small_model: Path):
    with pytest.raises(SpecError, match="which has no revision 'main'"):
        find(str(small_model), "main")


@pytest.mark.parametrize(
    ("content", "problem"), [("{", "is not JSON"), ("[" * 10_000, "is not JSON"), ("[1]", "holds a list")]
)
def test_a_broken_configuration_is_named(copied: Path, content: str, problem: str):
    (copied / "config.json").write_text(content)
    with pytest.raises(SpecError, match=f"config.json {problem}"):
        _ = build(f"transformers:{copied}").identity


@pytest.mark.usefixtures("hub")
def test_a_hub_model_is_pinned_by_its_commit_when_offline():
    identity = build("transformers:owner/model").identity
    assert (identity.name, identity.revision, identity.label) == ("owner/model", COMMIT, "")
    assert build(f"transformers:owner/model[revision={COMMIT}]").identity == identity


def test_a_hub_model_gives_the_vectors_of_its_files(hub: Path):
    vectors = build("transformers:owner/model").encode(["a film"])
    assert vectors.tolist() == build(f"transformers:{hub}").encode(["a film"]).tolist()


def test_a_file_that_the_hub_lacks_is_empty(hub: Path):
    found = find("owner/model")
    assert found.read_json("config.json")["model_type"] == "xlm-roberta"
    assert found.read_json("config_sentence_transformers.json") == {}
    assert found.complete_folder() == hub


def test_a_hub_model_without_weights_is_no_complete_folder(hub: Path):
    found = find("owner/model")
    for weights in hub.glob("*.safetensors"):
        weights.unlink()
    with pytest.raises(SpecError, match=r"has no \*\.safetensors"):
        found.complete_folder()


@pytest.mark.usefixtures("hub")
@pytest.mark.parametrize("spec", ["owner/other", "owner/model[revision=dev]", "not a name", "a/b/c"])
def test_what_cannot_be_resolved_is_an_error(spec: str):
    with pytest.raises(
        SpecError, match=r"is no folder here, and its revision (main|dev) is not to be had"
    ) as caught:
        _ = build(f"transformers:{spec}").identity
    assert "\n" not in str(caught.value)


def test_the_configuration_is_told(small_model: Path):
    config = json.loads((small_model / "config.json").read_text())
    assert find(str(small_model)).config == config
    assert find(str(small_model)).complete_folder() == small_model


def test_numbers_are_read_and_nothing_else_is(copied: Path):
    (copied / "x.json").write_text('{"a": 3, "b": 1e30, "c": null, "d": true, "e": "3", "f": NaN}')
    found = find(str(copied))
    assert [found.number("x.json", key) for key in ("a", "b", "c", "z")] == [3, int(1e30), None, None]
    for key in "def":
        with pytest.raises(SpecError, match=rf"{key} in x\.json is .*, not a number"):
            found.number("x.json", key)


def change_json(path: Path, **change: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("config.json", {"pad_token_id": "x"}),
        ("config.json", {"vocab_size": [1]}),
        ("config.json", {"hidden_act": {}}),
        ("config.json", {"num_hidden_layers": 2**70}),
        ("config.json", {"intermediate_size": 0}),
        ("config.json", {"model_type": [1]}),
        ("config.json", {"max_position_embeddings": 2**70}),
        ("tokenizer_config.json", {"model_max_length": "x"}),
        ("tokenizer_config.json", {"model_max_length": -1}),
        ("tokenizer_config.json", {"eos_token": 0}),
        ("tokenizer_config.json", {"model_input_names": None}),
    ],
)
def test_a_value_that_makes_no_sense_is_one_clear_line(copied: Path, file: str, change: dict):
    change_json(copied / file, **change)
    with pytest.raises(SpecError) as caught:
        build(f"transformers:{copied}", device="cpu").encode(["a film"])
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("place", ["", "0_Transformer"])
def test_more_layers_than_the_weights_have_bytes_are_refused(copied: Path, place: str):
    (copied / place).mkdir(exist_ok=True)
    (copied / place / "config.json").write_text(json.dumps({"num_hidden_layers": 1_000_000}))
    with pytest.raises(
        SpecError, match=r"claims num_hidden_layers=1,000,000, but the weights have [\d,]+ bytes"
    ):
        find(str(copied)).require_plausible()


def test_a_folder_that_changes_between_pinning_and_loading_is_refused(copied: Path):
    encoder = build(f"transformers:{copied}", device="cpu")
    _ = encoder.identity
    change_json(copied / "config.json", layer_norm_eps=0.5)
    with pytest.raises(SpecError, match="was changed while it was loaded"):
        encoder.load()


def test_a_tokenizer_is_loaded_before_the_folder_is_looked_at_again(
    copied: Path, monkeypatch: pytest.MonkeyPatch
):
    encoder = build(f"transformers:{copied}", device="cpu")
    _ = encoder.identity
    unchanged = Checkpoint.require_unchanged

    def meanwhile(checkpoint: Checkpoint) -> None:
        unchanged(checkpoint)
        (copied / "tokenizer.json").unlink()

    monkeypatch.setattr(Checkpoint, "require_unchanged", meanwhile)
    encoder.load()
    assert encoder.encode(["a text"]).shape[0] == 1

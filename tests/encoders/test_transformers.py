from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel, AutoTokenizer

from langalign.encoders import build
from langalign.encoders.transformers import TransformersEncoder
from langalign.errors import SpecError
from tests.encoders.small_model import TEXTS, WIDTH, save_small_model
from tests.training.hungry import HUNGER, hungry

PAIRS = [("The film is warm.", "영화는 따뜻하다."), ("A man", "on the street is playing a guitar"), ("a", "")]


@pytest.fixture(scope="module")
def reference(small_model: Path):
    """The plain way: transformers in float64, text by text, without padding."""
    model, tokenizer = (
        AutoModel.from_pretrained(small_model).double().eval(),
        AutoTokenizer.from_pretrained(small_model),
    )

    def embed(*sides: str, pooling: str = "mean", max_length: int = 64) -> np.ndarray:
        inputs = tokenizer(
            *([side] for side in sides), return_tensors="pt", truncation=True, max_length=max_length
        )
        inputs.pop("token_type_ids", None)
        with torch.no_grad():
            output = model(**inputs)
        hidden = output.last_hidden_state[0]
        pooled = {"mean": hidden.mean(0), "cls": hidden[0], "pooler": output.pooler_output[0]}
        return pooled[pooling].float().numpy()

    return embed


@pytest.mark.parametrize("pooling", ["mean", "cls", "pooler"])
def test_vectors_are_those_of_one_text_at_a_time(small_model: Path, reference, pooling: str):
    vectors = build(f"transformers:{small_model}[pooling={pooling}]").encode(TEXTS)
    expected = [reference(text, pooling=pooling) for text in TEXTS]
    np.testing.assert_allclose(vectors, expected, atol=1e-5)
    assert vectors.shape == (len(TEXTS), WIDTH)


def test_pairs_are_joined_as_the_tokenizer_does(small_model: Path, reference):
    encoder = build(f"transformers:{small_model}")
    np.testing.assert_allclose(encoder.encode(PAIRS), [reference(*pair) for pair in PAIRS], atol=1e-5)
    swapped = encoder.encode([(second, first) for first, second in PAIRS])
    assert np.abs(encoder.encode(PAIRS) - swapped).max() > 0.01


def test_the_prefix_stands_before_each_text_and_each_pair(small_model: Path, reference):
    encoder = build(f"transformers:{small_model}[prefix=query: ]")
    np.testing.assert_allclose(encoder.encode(["film"])[0], reference("query: film"), atol=1e-5)
    np.testing.assert_allclose(encoder.encode([("a", "b")])[0], reference("query: a", "b"), atol=1e-5)


def test_texts_are_cut_to_the_limit(small_model: Path, reference):
    encoder = build(f"transformers:{small_model}[max_length=10]")
    ids, lengths = encoder.tokenize(TEXTS)
    assert lengths.max() == 10
    assert [item.shape for item in ids] == [(1, length) for length in lengths]
    expected = [reference(text, max_length=10) for text in TEXTS]
    np.testing.assert_allclose(encoder.embed(ids), expected, atol=1e-5)


def test_vectors_keep_their_lengths_unless_told(small_model: Path):
    raw = build(f"transformers:{small_model}").encode(TEXTS)
    unit = build(f"transformers:{small_model}[normalize=true]").encode(TEXTS)
    lengths = np.linalg.norm(raw, axis=1, keepdims=True)
    assert np.abs(lengths - 1).min() > 0.1
    np.testing.assert_allclose(unit, raw / lengths, atol=1e-5)


@pytest.mark.parametrize("dtype", ["bf16", "bfloat16", "fp16", "float16"])
def test_half_precision_is_near(small_model: Path, dtype: str):
    full = build(f"transformers:{small_model}").encode(TEXTS)
    half = build(f"transformers:{small_model}[dtype={dtype}]").encode(TEXTS)
    cosines = (full * half).sum(1) / np.linalg.norm(full, axis=1) / np.linalg.norm(half, axis=1)
    assert half.dtype == np.float32
    assert cosines.min() > 0.999
    assert not np.array_equal(full, half)


def test_many_texts_in_any_order_come_back_in_theirs(small_model: Path):
    encoder = build(f"transformers:{small_model}")
    texts = [f"{text} {number}"[number % 7 :] for number in range(40) for text in TEXTS]
    shuffled = np.random.default_rng(0).permutation(len(texts))
    vectors = encoder.encode(texts)
    np.testing.assert_allclose(encoder.encode([texts[row] for row in shuffled]), vectors[shuffled], atol=1e-5)


def test_other_threads_of_torch_are_left_alone(small_model: Path, two_threads: None):
    build(f"transformers:{small_model}").encode(TEXTS)
    assert torch.get_num_threads() == 2


def test_a_model_with_token_types_is_given_them(tmp_path: Path):
    from transformers import BertConfig, BertModel

    folder = save_small_model(tmp_path / "bert", positions=64)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=64,
        initializer_range=0.5,
    )
    model = BertModel(config).eval()
    model.save_pretrained(folder)
    inputs = tokenizer("a man", "plays", return_tensors="pt")
    assert inputs["token_type_ids"].max() == 1
    with torch.no_grad():
        expected = model(**inputs).last_hidden_state[0].mean(0).numpy()
    np.testing.assert_allclose(
        build(f"transformers:{folder}").encode([("a man", "plays")])[0], expected, atol=1e-5
    )
    assert build(f"transformers:{folder}").max_length == 62


def test_nothing_is_tokenized_for_nothing(small_model: Path):
    ids, lengths = build(f"transformers:{small_model}").tokenize([])
    assert (list(ids), lengths.tolist()) == ([], [])


def test_texts_and_pairs_do_not_mix(small_model: Path):
    with pytest.raises(SpecError, match="1 of 2 texts are pairs"):
        build(f"transformers:{small_model}").tokenize(["a", ("b", "c")])


def test_loading_sets_the_batch_size(small_model: Path):
    encoder = build(f"transformers:{small_model}")
    encoder.load()
    assert encoder.batch_tokens == encoder.batch_rows
    assert encoder.batch_tokens % 1024 == 0


def test_the_limit_is_the_models_own(small_model: Path):
    encoder = build(f"transformers:{small_model}")
    assert encoder.max_length == encoder.identity.options["max_length"] == 64


def test_the_limit_is_512_where_the_model_takes_more_or_does_not_say(small_model: Path, tmp_path: Path):
    folder = shutil.copytree(small_model, tmp_path / "long")
    for positions, expected in ((8194, 512), (514, 512), (100, 98), (None, 512)):
        config = json.loads((folder / "config.json").read_text())
        config["max_position_embeddings"] = positions
        (folder / "config.json").write_text(json.dumps(config))
        (folder / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 1e30}))
        assert build(f"transformers:{folder}").max_length == expected


def test_a_limit_beyond_the_positions_is_refused(small_model: Path):
    with pytest.raises(SpecError, match=r"max_length=65 exceeds .*; give at most 64"):
        _ = build(f"transformers:{small_model}[max_length=65]").identity


@pytest.mark.parametrize("options", ["pooling=max", "dtype=int8", "max_length=7"])
def test_unknown_values_are_refused(options: str):
    with pytest.raises(SpecError, match=options):
        build(f"transformers:m[{options}]")


@pytest.mark.parametrize("device", ["warp", "cuda:99"])
def test_a_device_that_is_not_there_is_said(small_model: Path, device: str):
    with pytest.raises(SpecError, match=f"device '{device}'"):
        build(f"transformers:{small_model}", device=device).load()


def test_a_pooler_without_weights_is_refused(tmp_path: Path):
    folder = save_small_model(tmp_path / "m", pooler=False)
    with pytest.raises(SpecError, match=r"lacks 2 weights .*pooler.*; use pooling=mean or cls"):
        build(f"transformers:{folder}[pooling=pooler]").load()
    assert build(f"transformers:{folder}").encode(["a"]).shape == (1, WIDTH)


def test_missing_weights_are_refused_not_made_up(small_model: Path, tmp_path: Path):
    from safetensors.torch import load_file, save_file

    folder = shutil.copytree(small_model, tmp_path / "m")
    weights = load_file(folder / "model.safetensors")
    lost = next(name for name in weights if "layer.1.output.dense.weight" in name)
    del weights[lost]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})
    with pytest.raises(SpecError, match=r"lacks 1 weights .*layer\.1\.output\.dense\.weight"):
        build(f"transformers:{folder}").load()


@pytest.mark.parametrize("file", ["model.safetensors", "tokenizer.json", "config.json"])
def test_a_damaged_file_ends_in_one_line(small_model: Path, tmp_path: Path, file: str):
    folder = shutil.copytree(small_model, tmp_path / "m")
    (folder / file).write_bytes(b"{" + (folder / file).read_bytes()[:100])
    with pytest.raises(SpecError) as caught:
        build(f"transformers:{folder}").encode(["a"])
    assert "\n" not in str(caught.value)
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("where", ["gpu-forward", "cpu"])
def test_where_memory_ends_one_line_says_what_takes_less(small_model: Path, where: str):
    encoder = build(f"transformers:{small_model}[max_length=10]")
    hungry(encoder._runner._model, where)
    says = f"embedding with max_length=10: .*{HUNGER[where]}.*; choose a smaller one, or another --device"
    with pytest.raises(SpecError, match=says):
        encoder.encode(["a text"])


def test_a_model_whose_files_do_not_belong_together_ends_in_one_line(small_model: Path, tmp_path: Path):
    copied = shutil.copytree(small_model, tmp_path / "copied")
    config = json.loads((copied / "config.json").read_bytes())
    (copied / "config.json").write_text(json.dumps({**config, "num_attention_heads": -1}))
    encoder = build(f"transformers:{copied}")
    ids, _ = encoder.tokenize(["a text"])
    with pytest.raises(SpecError, match=r"the model of .*copied cannot be run: .*shape") as caught:
        encoder.embed(ids)
    assert "\n" not in str(caught.value)


def test_loading_says_nothing(tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    folder = save_small_model(tmp_path / "m", pooler=False)
    capfd.readouterr()
    build(f"transformers:{folder}").encode(["a"])
    assert capfd.readouterr() == ("", "")


def test_packed_layers_do_what_plain_ones_do():
    from langalign.encoders._packed import PackedLinear, pack_linear

    torch.manual_seed(0)
    model = torch.nn.Sequential(torch.nn.Linear(8, 16), torch.nn.ReLU(), torch.nn.Linear(16, 4, bias=False))
    inputs = torch.randn(2, 5, 8)
    expected = model(inputs).detach()
    pack_linear(model)
    assert isinstance(model[0], PackedLinear)
    with torch.inference_mode():
        np.testing.assert_allclose(model(inputs), expected, atol=1e-6)


def test_layers_are_left_alone_where_the_operators_are_missing(monkeypatch: pytest.MonkeyPatch):
    from langalign.encoders import _packed

    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    model = torch.nn.Sequential(torch.nn.Linear(8, 16))
    _packed.pack_linear(model)
    assert type(model[0]) is torch.nn.Linear


def test_shares_hold_each_row_once_within_the_budget():
    from langalign.encoders._runner import like_shares

    lengths = np.random.default_rng(0).integers(1, 60, 500)
    shares = like_shares(lengths, 512)
    padded = np.array([lengths[share].max() * len(share) for share in shares])

    assert sorted(np.concatenate(shares)) == list(range(500))
    assert padded.max() <= 512
    assert padded[:-1].min() > 512 - 60
    assert [share.tolist() for share in like_shares(np.array([600, 3, 900]), 512)] == [[2], [0], [1]]


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_a_text_without_tokens_has_a_vector(small_model: Path, tmp_path: Path, pooling: str):
    folder = shutil.copytree(small_model, tmp_path / "bare")
    told = json.loads((folder / "tokenizer.json").read_text())
    (folder / "tokenizer.json").write_text(json.dumps({**told, "post_processor": None}))
    encoder = TransformersEncoder(str(folder), pooling=pooling, device="cpu")
    ids, lengths = encoder.tokenize(["", "Rain.", "The film is warm."])
    assert lengths[0] == 0
    together = encoder.embed(ids)
    assert np.isfinite(together).all()
    np.testing.assert_allclose(together[:1], encoder.embed(ids[:1]), atol=1e-5)

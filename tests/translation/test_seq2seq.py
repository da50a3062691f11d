from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from langalign.errors import SpecError
from langalign.translation import build, translate, tune_translator
from langalign.translation._languages import find_languages
from langalign.translation.seq2seq import Seq2SeqTranslator
from tests.translation.small_t5 import letter_tokenizer, save_small_t5

KOREAN = find_languages("en", "ko")
TEXTS = ["a", "one two", "the film is good", "a man is playing", "b", "rain", "the film is good enough"]


def generate_alone(folder: Path, text: str, **search: object) -> tuple[str, int]:
    """Translate one text without padding, by transformers alone."""
    from transformers import AutoModelForSeq2SeqLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSeq2SeqLM.from_pretrained(folder).eval()
    ids = tokenizer(text, return_tensors="pt").input_ids
    with torch.no_grad():
        written = model.generate(ids, max_length=None, max_new_tokens=30, do_sample=False, **search)[0]
    return tokenizer.decode(written, skip_special_tokens=True), len(written) - 1


@pytest.mark.parametrize("model", ["small_t5", "small_marian"])
@pytest.mark.parametrize("beams", [1, 3])
def test_batches_translate_as_each_text_alone(request: pytest.FixtureRequest, model: str, beams: int) -> None:
    folder = request.getfixturevalue(model)
    translator = Seq2SeqTranslator(str(folder), max_length=30, beams=beams, prefix="T: ", batch_tokens=60)
    found = {}
    for batch in translator.batches(TEXTS, KOREAN):
        raws = translator.ask([TEXTS[row] for row in batch], KOREAN)
        found |= dict(zip([TEXTS[row] for row in batch], map(json.loads, raws), strict=True))
    assert len({one["text"] for one in found.values()}) > 3
    for text in TEXTS:
        alone, length = generate_alone(folder, "T: " + text, num_beams=beams)
        assert found[text]["text"] == alone
        assert found[text]["tokens_in"] == len("T: " + text) + 1
        assert found[text]["tokens_out"] == length or beams > 1


def test_batches_hold_all_texts_once_within_the_budget(small_t5: Path) -> None:
    translator = Seq2SeqTranslator(str(small_t5), prefix="", batch_tokens=40)
    batches = translator.batches(TEXTS, KOREAN)
    assert sorted(row for batch in batches for row in batch) == list(range(len(TEXTS)))
    assert len(batches) < len(TEXTS)
    for batch in batches:
        lengths = [len(TEXTS[row]) + 1 for row in batch]
        assert max(lengths) * len(batch) <= 40
    assert translator.batches(["x" * 200], KOREAN) == [[0]]


def test_what_is_cut_is_told(small_t5: Path) -> None:
    translator = Seq2SeqTranslator(str(small_t5), prefix="", max_length=5)
    (raw,) = translator.ask(["abcdefgh"], KOREAN)
    assert translator.read(raw).problem == "truncated"
    assert translator.read('{"text": "가", "tokens_in": 1, "tokens_out": 2, "finished": true}').problem == ""


def test_prefixes_suit_the_model(small_t5: Path, small_marian: Path, tmp_path: Path) -> None:
    def prefix(spec: str) -> str:
        return build(spec).prefix(KOREAN.target)

    assert prefix(f"seq2seq:{small_t5}") == "Translate into Korean: "
    assert prefix(f"seq2seq:{small_marian}") == ""
    assert prefix(f"seq2seq:{small_t5}[prefix=to {{language}}: ]") == "to Korean: "
    assert prefix(f"seq2seq:{small_t5}[prefix=]") == ""


def test_language_codes_are_found_or_taken_and_forced(tmp_path: Path) -> None:
    folder = save_small_t5(tmp_path / "many", extra=["eng_Latn", "kor_Hang", "__de__", "fr_XX"])
    tokens = {"ko": "kor_Hang", "de": "__de__", "fr": "fr_XX"}
    for code, token in tokens.items():
        translator = Seq2SeqTranslator(str(folder), max_length=4, prefix="")
        search = translator._search(find_languages("en", code).target)
        assert search["forced_bos_token_id"] == translator._loaded[1].convert_tokens_to_ids(token)
        assert json.loads(translator.ask(["one"], find_languages("en", code))[0])["tokens_out"] == 4
    asked = Seq2SeqTranslator(str(folder), target_code="de")
    assert asked._search(KOREAN.target)["forced_bos_token_id"] == asked._loaded[1].convert_tokens_to_ids(
        "__de__"
    )
    with pytest.raises(SpecError, match="language code 'xyz' is not in the model's vocabulary"):
        Seq2SeqTranslator(str(folder), target_code="xyz").batches(["one"], KOREAN)
    assert "forced_bos_token_id" not in translator._search(find_languages("en", "it").target)


def test_tokenizers_are_told_the_languages() -> None:
    from langalign.translation._codes import set_languages

    class Tokenizer:
        src_lang = "?"
        tgt_lang = "?"

    tokenizer = Tokenizer()
    set_languages(tokenizer, "__en__", None)
    assert (tokenizer.src_lang, tokenizer.tgt_lang) == ("en", "?")


def test_weights_and_options_make_the_request_and_the_place_does_not(small_t5: Path, tmp_path: Path) -> None:
    import shutil

    same = Path(shutil.copytree(small_t5, tmp_path / "elsewhere"))
    other = save_small_t5(tmp_path / "other", seed=1)
    request = build(f"seq2seq:{small_t5}").request(KOREAN)
    assert build(f"seq2seq:{same}").request(KOREAN) == request
    for spec in (f"{other}", f"{small_t5}[beams=2]", f"{small_t5}[max_length=9]", f"{small_t5}[prefix=]"):
        assert build(f"seq2seq:{spec}").request(KOREAN) != request
    assert str(small_t5) not in json.dumps(request)


def test_a_tuned_model_is_not_used_for_other_languages(small_t5: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(small_t5, tmp_path / "tuned"))
    (folder / "tuning.json").write_text(json.dumps({"prefix": "", "languages": ["en", "ko"]}))
    says = "tuned was tuned from en to ko, not from {}; choose another translator or other languages"
    for source, target in (("en", "ja"), ("ko", "en")):
        with pytest.raises(SpecError, match=says.format(f"{source} to {target}")):
            translate(["a"], f"seq2seq:{folder}", to=target, source_language=source, memory=tmp_path / "m")
    done = translate(["a"], f"seq2seq:{folder}[max_length=4]", to="Korean", memory=tmp_path / "m")
    assert len(done.texts) == 1
    (folder / "tuning.json").write_text("{}")  # another program's
    assert build(f"seq2seq:{folder}").request(find_languages("en", "ja"))


def test_it_goes_through_the_memory_and_costs_nothing(small_t5: Path, tmp_path: Path) -> None:
    options = {"to": "German", "memory": tmp_path / "memory.sqlite"}
    first = translate(TEXTS, f"seq2seq:{small_t5}[max_length=12]", **options)
    assert (first.cost, first.from_memory) == (0.0, 0)
    assert first.tokens_in > 0
    again = translate(TEXTS, f"seq2seq:{small_t5}[max_length=12]", **options)
    assert again.texts == first.texts
    assert again.failures == first.failures
    # What is bad once is bad always: it is not asked again either.
    assert again.tokens_in == 0
    assert again.estimate.texts == 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ("beams=0", "beams=0 is out of range; give at least 1"),
        ("dtype=int4", "dtype=int4 is unknown; choose one of: float32"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        build(f"seq2seq:x[{options}]")


def test_a_model_that_writes_nothing_is_refused(tmp_path: Path) -> None:
    from tests.encoders.small_model import save_small_model

    folder = save_small_model(tmp_path / "encoder")
    with pytest.raises(SpecError, match="cannot be loaded"):
        build(f"seq2seq:{folder}").load()


def test_a_tokenizer_of_another_model_ends_in_one_line(small_t5: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(small_t5, tmp_path / "mixed")
    letter_tokenizer([f"<{number}>" for number in range(500)]).save_pretrained(folder)
    with pytest.raises(SpecError, match=r"the model of .*mixed cannot be run: index out of range"):
        build(f"seq2seq:{folder}").ask(["a film"], KOREAN)
    with pytest.raises(SpecError, match=r"the model of .*mixed cannot be run: index out of range"):
        tune_translator(
            [*TEXTS, "c", "d", "e"], [*TEXTS, "c", "d", "e"], model=str(folder), to="ko", out=tmp_path / "out"
        )


def test_a_model_that_lacks_weights_is_refused(small_t5: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(small_t5, tmp_path / "model")
    tensors = load_file(folder / "model.safetensors")
    gone = next(name for name in sorted(tensors) if name.startswith("decoder.block"))
    del tensors[gone]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(SpecError, match=f"lacks 1 weights that are needed, such as {gone}; fetch or save"):
        Seq2SeqTranslator(str(folder), prefix="").load()

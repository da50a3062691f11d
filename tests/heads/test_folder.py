from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import langalign
from langalign import load_head, registry
from langalign.aligners import fit_pairs
from langalign.errors import DamageError, DataError, IdentityError, NotFittedError, ShapeError, SpecError
from langalign.heads import combine, cotrain_head, fit_head, save_head
from langalign.part_folder import encoder_record, load_part, save_part
from langalign.types import Identity
from tests.heads.toy import CLASSES, WIDTH, clusters, slope


class Encoder:
    """As much of an encoder as a folder records."""

    spec = "toy[width=8]"
    identity = Identity("toy", "clusters", "1", {"width": WIDTH})


RECORD = encoder_record(Encoder())
HASHING = "hashing[width=64]"


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    save_head(fit_head("linear", *clusters(), seed=4), tmp_path / "head", encoder=RECORD)
    return tmp_path / "head"


@pytest.mark.parametrize("name", registry.names("heads"))
def test_a_loaded_head_answers_as_the_saved_one(tmp_path: Path, name: str) -> None:
    fitted = fit_head(name, *clusters(), options={"epochs": 4})
    save_head(fitted, tmp_path / "head", encoder=RECORD)
    loaded = load_head(tmp_path / "head")
    vectors = clusters(50, seed=7)[0]
    np.testing.assert_array_equal(loaded.scores(vectors), fitted.head.scores(vectors))
    assert loaded.predict(vectors) == fitted.head.predict(vectors)
    assert loaded.head.options() == fitted.head.options()
    assert loaded.head.history_ == fitted.head.history_
    assert loaded.head.labels_ == CLASSES


def test_a_regression_head_comes_back_with_its_scale(tmp_path: Path) -> None:
    fitted = fit_head("linear", *slope())
    save_head(fitted, tmp_path / "head", encoder=RECORD)
    np.testing.assert_array_equal(
        load_head(tmp_path / "head").predict(slope()[0]), fitted.head.predict(slope()[0])
    )


def test_the_folder_tells_everything(saved: Path) -> None:
    content = json.loads((saved / "head.json").read_text(encoding="utf-8"))
    assert content["width"] == WIDTH
    assert content["task"] == {
        "kind": "classification",
        "classes": list(CLASSES),
        "centre": 0.0,
        "spread": 1.0,
    }
    assert content["encoder"] == RECORD
    assert (content["pair_features"], content["aligner"], content["seed"]) == (None, False, 4)
    assert content["train_rows"] + content["validation_rows"] == 240
    assert set(content["validation"]) == {"accuracy", "macro_f1"}
    assert "torch" in content["environment"]["versions"]
    assert sorted(path.name for path in saved.iterdir()) == [
        "head.json",
        "history.json",
        "weights.safetensors",
    ]


def test_the_aligner_is_copied_whole(tmp_path: Path) -> None:
    (tmp_path / "aligner" / "inner").mkdir(parents=True)
    (tmp_path / "aligner" / "aligner.json").write_text("{}")
    (tmp_path / "aligner" / "inner" / "weights").write_bytes(b"\x00\x01")
    place = tmp_path / "head"
    save_head(
        fit_head("linear", *clusters()),
        place,
        encoder=RECORD,
        pair_features="joint",
        aligner=tmp_path / "aligner",
    )
    loaded = load_head(place)
    assert loaded.aligner == place / "aligner"
    assert (place / "aligner" / "inner" / "weights").read_bytes() == b"\x00\x01"
    assert loaded.pair_features == "joint"


def test_a_head_without_an_aligner_has_none(saved: Path) -> None:
    assert load_head(saved).aligner is None


def test_another_encoder_is_refused_naming_both(saved: Path) -> None:
    loaded = load_head(str(saved))
    loaded.check(Encoder.identity)
    other = Identity("toy", "clusters", "2", {"width": WIDTH})
    with pytest.raises(IdentityError) as caught:
        loaded.check(other)
    assert "toy[width=8]" in str(caught.value)
    assert other.fingerprint in str(caught.value)


@pytest.mark.parametrize("file", ["head.json", "history.json", "weights.safetensors"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "missing"])
def test_a_damaged_folder_is_one_clear_error(saved: Path, file: str, damage: str) -> None:
    path = saved / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(content if damage == "flipped" else content[: len(content) // 2])
    with pytest.raises((DamageError, DataError), match=str(saved)):
        load_head(saved)


def test_a_folder_of_something_else_is_refused_and_kept(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    with pytest.raises(DataError, match="holds something that is not a saved head"):
        save_head(fit_head("linear", *clusters()), tmp_path, encoder=RECORD)
    assert (tmp_path / "mine.txt").read_text() == "precious"
    with pytest.raises(DataError, match="is no saved head"):
        load_head(tmp_path / "nowhere")


def test_a_head_whose_parts_no_longer_exist_is_one_clear_error(
    saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_own", lambda group: set())
    with pytest.raises(DamageError, match="cannot be rebuilt: unknown head"):
        load_head(saved)


def test_a_head_that_is_not_fitted_cannot_be_saved(tmp_path: Path) -> None:
    fitted = fit_head("linear", *clusters())
    fitted.head.width_ = None
    with pytest.raises(NotFittedError):
        save_head(fitted, tmp_path / "head", encoder=RECORD)
    assert not (tmp_path / "head").exists()


@pytest.mark.parametrize("field", ["encoder", "options", "pair_features", "task", "width"])
def test_a_record_with_something_else_in_it_is_one_clear_error(saved: Path, field: str) -> None:
    part = load_part(saved, "head")
    save_part(saved, "head", replace(part, config={**part.config, field: -1}))
    with pytest.raises(DamageError, match=r"cannot be rebuilt: .*head again"):
        load_head(saved)


def test_a_co_trained_head_comes_back_with_its_characters(tmp_path: Path) -> None:
    vectors, labels = clusters(200)
    texts = [f"it is {label} {number}" for number, label in enumerate(labels)]
    fitted = cotrain_head(fit_head("linear", vectors, labels), vectors, texts)
    save_head(fitted, tmp_path / "head", encoder=RECORD)
    loaded = load_head(tmp_path / "head")
    assert fitted.characters is not None
    assert loaded.characters is not None
    beside = loaded.characters.beside(texts[:2])
    np.testing.assert_array_equal(beside, fitted.characters.beside(texts[:2]))
    rows = np.hstack([vectors[:2], beside])
    np.testing.assert_array_equal(loaded.scores(rows), fitted.head.scores(rows))
    assert load_head(tmp_path / "head").config["width"] == WIDTH + len(CLASSES)


def words(texts: list[str | tuple[str, str]]) -> np.ndarray:
    return langalign.embed(texts, HASHING)


def test_a_co_trained_head_makes_its_features_of_texts(tmp_path: Path) -> None:
    texts = [f"it is {CLASSES[number % 3]} {number}" for number in range(200)]
    labels = [CLASSES[number % 3] for number in range(200)]
    vectors = words(texts)
    fitted = cotrain_head(fit_head("linear", vectors, labels), vectors, texts)
    save_head(fitted, tmp_path / "head", encoder=RECORD)
    loaded = load_head(tmp_path / "head")
    assert fitted.characters is not None
    expected = np.hstack([vectors, fitted.characters.beside(texts)])
    np.testing.assert_array_equal(loaded.features(texts, words)[:], expected)
    assert loaded.predict(loaded.features(iter(texts), words)) == fitted.head.predict(expected)
    with pytest.raises(ShapeError, match=r"shape \(N, 67\), got \(200, 64\); .*the characters"):
        loaded.predict(vectors)
    with pytest.raises(DataError, match="texts is a single string"):
        loaded.features("it is good", words)


def test_a_head_of_sentence_pairs_makes_its_features_of_pairs(tmp_path: Path) -> None:
    first, second = ([f"{name} {number}" for number in range(60)] for name in ("one", "two"))
    aligner = fit_pairs("mean-shift", words(first), words(second), groups=np.arange(60)).aligner
    rows = combine(aligner.transform(words(first)), aligner.transform(words(second)))
    fitted = fit_head("linear", rows, ["same", "other"] * 30)
    save_head(fitted, tmp_path / "head", encoder=RECORD, pair_features="sentence")
    loaded, pairs = load_head(tmp_path / "head"), list(zip(first, second, strict=True))
    np.testing.assert_array_equal(loaded.features(pairs, words, aligner)[:], rows)
    assert loaded.predict(loaded.features(pairs, words, aligner)) == fitted.head.predict(rows)
    with pytest.raises(SpecError, match="takes sentence pairs but the data holds single texts"):
        loaded.features([*pairs, "one"], words)

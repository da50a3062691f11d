"""Methods that tune language models, with small random ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from langalign.experiments import costs, dry_run, load_spec, tabulate
from langalign.experiments.grid import Cell
from langalign.experiments.material import Labelled
from langalign.tuning import predict_labels
from tests.encoders.small_model import save_small_model
from tests.experiments.scene import run, write_spec
from tests.translation.small_t5 import save_small_t5

QUICK = {"options": {"epochs": 1, "batch_size": 16, "max_length": 24}}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_small_t5(tmp_path_factory.mktemp("t5"), dropout=0.0)


def tuning(model: Path) -> dict[str, Any]:
    return {"model": str(model), "full": QUICK, "lora": QUICK, "simcse": QUICK}


def test_a_tuned_encoder_is_made_once_and_then_frozen(tmp_path: Path, model: Path) -> None:
    changes: dict[str, Any] = {
        "encoder": None,
        "tune": {"model": str(model), "rows": 60, **QUICK},
        "methods": ["english", "without-aligner", "linear"],
        "baselines": "end-to-end",
        "tuning": tuning(model),
        "pairs": {"translations": True, "sizes": [60]},
        "sizes": [60],
        "seeds": [0],
    }
    ran = run(tmp_path, **changes)
    assert not ran.failures
    assert len(list((tmp_path / "out" / "tuned").iterdir())) == 2  # step 1, and the English baseline
    assert "/tuned/" in ran.bench.encoder
    english, without, aligned = (
        ran.results[cell]
        for cell in (
            Cell("english", None, 60, 0),
            Cell("without-aligner", None, 60, 0),
            Cell("linear", 60, 60, 0),
        )
    )
    assert (english.head, english.spent["tune_seconds"] > 0) == (None, True)
    assert without.head is not None
    assert aligned.aligner is not None
    folder = ran.bench.tuned_folder(english.cell, "full")
    probabilities, classes = predict_labels(folder, ran.bench.material.test.texts)
    assert [classes[code] for code in probabilities.argmax(axis=1)] == [
        english.classes[int(code)] for code in english.answers
    ]
    again = run(tmp_path, **changes)
    assert (again.reused, again.results) == (3, ran.results)
    rows = {row.method: row for row in costs(again, tabulate(again))}
    assert rows["english"].tune_seconds > rows["linear"].tune_seconds > 0
    assert rows["english"].embed_seconds == 0  # tuned with its head
    assert rows["linear"].embed_seconds > 0
    spec = load_spec(write_spec(tmp_path, **changes))
    told = dry_run(spec, out=tmp_path / "o", cache=tmp_path / "c", data_dir=None, device="cpu")
    assert told["unchecked"] == ["encoder: is tuned first, on 60 rows"]


@pytest.mark.parametrize("name", ["lora", "simcse"])
def test_an_adapted_encoder_belongs_to_its_cell(tmp_path: Path, model: Path, name: str) -> None:
    if name == "lora":
        pytest.importorskip("peft")
    ran = run(tmp_path, methods=[name, "english"], tuning=tuning(model), sizes=[50], seeds=[0])
    assert not ran.failures
    adapted = ran.results[Cell(name, None, 50, 0)]
    plain = ran.results[Cell("english", None, 50, 0)]
    assert adapted.encoder != plain.encoder == ran.bench.fingerprint
    assert adapted.spent["tune_seconds"] > 0
    again = run(tmp_path, methods=[name, "english"], tuning=tuning(model), sizes=[50], seeds=[0])
    assert (again.reused, again.results) == (2, ran.results)


def test_a_sequence_model_is_tuned_on_the_pairs_and_translates_the_rows(tmp_path: Path, t5: Path) -> None:
    pytest.importorskip("sacrebleu")
    source = [f"{one}{other}" for one in "abcdef" for other in "abcdefgh"]
    target = [text.translate(str.maketrans("abcdefgh", "가나다라마바사아")) for text in source]

    def write(name: str, *columns: list[str]) -> str:
        rows = ["\t".join(row) for row in zip(*columns, strict=True)]
        (tmp_path / name).write_text("\n".join(["text\tlabel", *rows]) + "\n", encoding="utf-8")
        return str(tmp_path / name)

    labels = ["odd" if text[1] in "aceg" else "even" for text in source]
    pairs = write("pairs.tsv", source, target)
    options = {
        "learning_rate": 0.01,
        "epochs": 25,
        "patience": 25,
        "batch_size": 16,
        "prefix": "",
        "score_pairs": 4,
    }
    ran = run(
        tmp_path,
        methods=["nmt-seq2seq"],
        source={"data": write("train.tsv", source, labels)},
        test={"data": write("test.tsv", target, labels)},
        native=None,
        translation=None,
        seq2seq={"model": str(t5), "to": "ko", "options": options},
        pairs={"data": pairs, "source_column": "text", "target_column": "label", "sizes": [48]},
        sizes=[48],
        seeds=[0],
    )
    assert not ran.failures
    (result,) = ran.results.values()
    assert result.spent["tune_seconds"] > 0
    assert result.rows is not None
    assert 12 <= result.rows <= 48  # a row that the model does not translate is left out
    assert {result.classes[int(code)] for code in result.answers} <= {"odd", "even"}
    material = ran.bench.material
    refused = Labelled("another translator", material.source.texts, labels, frozenset({0, 1}))
    bench = replace(ran.bench, material=replace(material, translated=refused))
    assert len(bench.head_rows(result.cell)) == 48  # what another leaves out is no loss here

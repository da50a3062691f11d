"""What methods cost, counted by hand."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from langalign.experiments import Cost, costs, tabulate
from langalign.experiments.cells import read_measure
from langalign.experiments.formats import comma_separated
from tests.experiments.scene import run


def test_labels_translations_and_money_are_counted(tmp_path: Path) -> None:
    ran = run(
        tmp_path,
        methods=["english", "native", "translated", "linear"],
        translation={"data": "sample-sentiment:train.ko", "price": 0.01},
        seeds=[0],
        sizes=[200],
    )
    rows = {(row.method, row.pairs): row for row in costs(ran, tabulate(ran))}
    counted = {
        key: (row.source_labels, row.target_labels, row.translations, row.dollars)
        for key, row in rows.items()
    }
    taken = {cell.pairs: ran.bench.pair_texts(cell)[0] for cell in ran.cells if cell.pairs}
    distinct = {pairs: len({*texts}) for pairs, texts in taken.items()}  # premises recur
    assert distinct[200] < 200
    assert counted == {
        ("english", None): (200, 0, 0, 0.0),
        ("native", None): (0, 200, 0, 0.0),
        ("translated", None): (200, 0, 200, 2.0),
        ("linear", 100): (200, 0, 100, distinct[100] * 0.01),
        ("linear", 200): (200, 0, 200, distinct[200] * 0.01),
    }
    english, linear = rows["english", None], rows["linear", 100]
    assert english.aligner_seconds is None
    assert linear.aligner_seconds is not None
    assert english.head_seconds is not None
    assert english.tune_seconds == 0
    rate = read_measure(tmp_path / "out", ran.bench.fingerprint)
    assert linear.embed_seconds == pytest.approx(400 * rate["seconds"] / rate["texts"])


def test_what_co_training_embeds_is_counted(tmp_path: Path) -> None:
    unlabelled = {"data": "sample-sentiment:train.ko", "rows": 150}
    methods = ["english", "co-trained"]
    ran = run(tmp_path, methods=methods, unlabelled=unlabelled, sizes=[200], seeds=[0])
    english, trained = costs(ran, tabulate(ran))
    rate = read_measure(tmp_path / "out", ran.bench.fingerprint)
    assert english.embed_seconds == pytest.approx(200 * rate["seconds"] / rate["texts"])
    assert trained.embed_seconds == pytest.approx((200 + 150) * rate["seconds"] / rate["texts"])


def test_nothing_unknown_is_made_up(tmp_path: Path) -> None:
    changes = {"methods": ["english"], "seeds": [0], "sizes": [100]}
    run(tmp_path, "first", **changes)
    ran = run(tmp_path, "second", **changes)  # every vector is stored, so no rate is measured
    (row,) = costs(ran, tabulate(ran))
    assert (row.embed_seconds, row.dollars, row.tokens) == (None, None, None)
    (line,) = csv.DictReader(comma_separated(Cost, [row]).splitlines())
    assert line["embed_seconds"] == ""
    assert float(line["score"]) == row.score

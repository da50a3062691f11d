"""What does not fit together is told before anything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from langalign.errors import SpecError
from langalign.experiments import load_spec, run_experiment
from tests.experiments.scene import SMALL, write_spec


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        (
            {"sizes": [100, 900]},
            r"sizes\.1 \(method english\): 900 rows are asked for, but sample-sentiment:train\.en has 240",
        ),
        (
            {"methods": [{"method": "native", "sizes": [241]}]},
            r"methods\.0\.sizes\.0: 241 rows .* sample-sentiment:train\.ko has 240",
        ),
        (
            {"pairs": {**SMALL["pairs"], "sizes": [100, 300]}},
            r"pairs\.sizes\.1: 300 rows are asked for, but pairs has 240",
        ),
        (
            {"methods": ["english", {"method": "linear", "pairs": [999]}]},
            r"methods\.1\.pairs\.0: 999 rows .* pairs has 240",
        ),
        (
            {
                "task": {"name": "c", "metric": "cosine"},
                "methods": [{"method": "linear", "pairs": [200]}],
                "pairs": {**SMALL["pairs"], "sizes": [100]},
                "held_out": {"rows": 50},
            },
            r"methods\.0\.pairs\.0 with held_out 50: 250 rows .* pairs has 240",
        ),
        (
            {"native": {"data": "sample-sentiment:test.ko"}},  # all of which is tested
            r"sizes\.0 \(method native\): 100 rows .* sample-sentiment:test\.ko has 0",
        ),
        ({"test": {"data": "sample-sentiment:test.ko", "rows": 97}}, r"test\.rows: 97 rows .* has 96"),
        (
            {"translation": {"data": "sample-sentiment:test.ko"}},
            r"translation\.data: sample-sentiment:test\.ko has 96 rows but .*:train\.en has 240",
        ),
    ],
    ids=lambda value: str(value)[:60],
)
def test_more_rows_than_there_are_is_one_line_before_anything_runs(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    spec = load_spec(write_spec(tmp_path, **changes))
    with pytest.raises(SpecError, match=says):
        run_experiment(spec, out=tmp_path / "out", cache=tmp_path / "cache")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "cache").exists()


def test_single_texts_and_sentence_pairs_do_not_mix(tmp_path: Path) -> None:
    changes = {"source": {"data": "sample-nli:train.en"}, "sizes": [100], "methods": ["english"]}
    spec = load_spec(write_spec(tmp_path, translation=None, **changes))
    says = r"source \(sample-nli:train\.en\) holds sentence pairs but test \(.*test\.ko\) single texts"
    with pytest.raises(SpecError, match=says):
        run_experiment(spec, out=tmp_path / "out", cache=tmp_path / "cache")


@pytest.mark.parametrize(
    ("metric", "labels", "says"),
    [
        ("macro_f1", "01", r"test: .*test\.tsv has the label '0', but source \(.*\) has 'negative'"),
        (
            "spearman",
            "01",
            r"task\.metric: spearman does not suit the labels of source .*, which are learned by "
            r"classification; choose one of: accuracy, macro_f1, or set head\.options\.task",
        ),
    ],
)
def test_labels_that_nobody_learns_are_told(tmp_path: Path, metric: str, labels: str, says: str) -> None:
    rows = [f"a text {number}\t{labels[number % 2]}" for number in range(20)]
    (tmp_path / "test.tsv").write_text("\n".join(["text\tlabel", *rows]) + "\n")
    changes = {"test": {"data": str(tmp_path / "test.tsv")}, "methods": ["english"], "native": None}
    spec = load_spec(write_spec(tmp_path, task={"name": "t", "metric": metric}, **changes))
    with pytest.raises(SpecError, match=says):
        run_experiment(spec, out=tmp_path / "out", cache=tmp_path / "cache")

"""What is wrong with a spec is said in one line: the file, the key, and what is there."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from langalign.errors import DataError, SpecError
from langalign.experiments import load_spec
from tests.experiments.scene import SMALL, write_spec


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sise": [1]}, "sise is an unknown key; known here: aligners, baselines, centre"),
        ({"task": {"name": "a", "metrik": "x"}}, "task.metric is missing"),
        (
            {"task": {"name": "a", "metric": "accuracy", "metrik": "x"}},
            "task.metrik is an unknown key; known here: metric, name",
        ),
        ({"task": {"name": "a", "metric": "f1"}}, "task.metric: should be 'macro_f1', 'accuracy'"),
        ({"sizes": [100, 0]}, "sizes.1: should be greater than 0, got 0"),
        ({"sizes": None}, "sizes: the metric macro_f1 needs sizes"),
        ({"seeds": []}, "seeds: "),
        ({"methods": ["english", "aee"]}, "methods.1.method: there is no method 'aee'"),
        (
            {"methods": [{"method": "native", "size": [5]}]},
            "methods.0.size is an unknown key; known here: method, pairs, sizes",
        ),
        ({"methods": ["english", "english"]}, "methods: english is named twice"),
        ({"methods": ["native"], "native": None}, "methods.0: native needs native"),
        ({"methods": ["lora"]}, "methods.0: lora needs tuning"),
        ({"methods": ["nmt-seq2seq"]}, "methods.0: nmt-seq2seq needs seq2seq"),
        ({"methods": [{"method": "english", "pairs": [5]}]}, "methods.0.pairs: english learns from no pairs"),
        ({"baselines": "end-to-end"}, "methods.0: english needs tuning"),
        ({"encoder": None}, "encoder: give either encoder or tune"),
        ({"head": {"name": "linear", "preset": "nothing"}}, "head: LinearHead has no preset 'nothing'"),
        ({"head": {"name": "linear", "options": {"penalti": 1}}}, "head: LinearHead has no option 'penalti'"),
        ({"head": {"name": "linear", "options": {"penalty": math.inf}}}, "head: penalty=inf is out of range"),
        ({"aligners": {"lineal": {}}}, "aligners.lineal: unknown aligner 'lineal'"),
        (
            {"aligners": {"ae": {"presett": "paper"}}},
            "aligners.ae.presett is an unknown key; known here: opt",
        ),
        ({"significance": {"baseline": "nothing"}}, "significance.baseline: 'nothing' is none of methods"),
        (
            {"significance": {"baseline": "linear"}},
            "significance.baseline: linear learns from several numbers of pairs",
        ),
        ({"sizes": [100, 200, 100]}, "sizes: 100 stands twice"),
        ({"seeds": [0, 0]}, "seeds: 0 stands twice"),
        ({"seeds": [-1]}, "seeds.0: should be greater than or equal to 0, got -1"),
        (
            {"translation": {"translator": "opnai:x", "to": "ko"}},
            "translation: unknown translator 'opnai'",
        ),
        (
            {"translation": {"translator": "openai:x", "to": "ko", "max_cost": 5}},
            "translation.max_cost: 5 cannot be kept, as no price of openai:x is known; give price_in and",
        ),
        (
            {"translation": {"translator": "openai:x", "to": "ko", "price_in": 1}},
            "translation: price_in and price_out go together; give both",
        ),
        (
            {"translation": {"translator": "openai:gpt-4", "to": "ko", "max_cost": -1}},
            "translation.max_cost: should be greater than or equal to 0, got -1",
        ),
        ({"translation": {"translator": "openai:x", "to": "xx"}}, "translation: language 'xx' is unknown"),
        ({"seq2seq": {"model": "t5", "to": "xx"}}, "seq2seq: language 'xx' is unknown"),
        ({"seq2seq": {"model": "t5", "to": "ko", "preset": "pape"}}, "seq2seq: TuneOptions has no preset"),
        (
            {"seq2seq": {"model": "t5", "to": "ko", "options": {"epoch": 3}}},
            "seq2seq: TuneOptions has no option 'epoch'",
        ),
        (
            {
                "task": {"name": "s", "metric": "spearman"},
                "baselines": "end-to-end",
                "tuning": {"model": "m"},
            },
            "methods.0: english tunes a language model for classes, but spearman is for scores",
        ),
        (
            {
                "task": {"name": "s", "metric": "pearson"},
                "encoder": None,
                "tune": {"model": "m", "rows": 9},
            },
            "tune.method: full is for classes, but pearson is for scores",
        ),
        ({"pairs": {"sizes": [5]}}, "pairs: give either data or translations: true"),
        (
            {"source": {**SMALL["source"], "skip_bad": True}},
            "source.skip_bad: leaves out rows that translation.data would still have; leave skip_bad out",
        ),
        ({"translation": {"translator": "openai:x"}}, "translation: a translator needs to"),
        ({"task": {"name": "c", "metric": "cosine"}}, "held_out: the metric cosine needs held_out"),
        ({"centre": {"pairs": 100, "rows": 150}}, "centre.rows: 150 is none of the sizes: 100, 200"),
        ({"centre": {"pairs": 9, "rows": 100}}, "centre.pairs: 9 is none of the sizes: 100, 200"),
        ({"gap": {"native_rows": 300}}, "gap.native_rows: 300 is none of native's sizes: 100, 200"),
        ({"methods": ["english"], "gap": {"native_rows": 100}}, "gap: the gap lies between english and"),
        (
            {"pairs": {"translations": True, "distinct": True, "sizes": [5]}},
            "pairs: distinct and untested are for data",
        ),
        ({"encoder": "transformers:${NOT_SET_ANYWHERE}"}, "encoder: ${NOT_SET_ANYWHERE} is not set"),
    ],
    ids=lambda value: str(value)[:60],
)
def test_a_wrong_spec_is_one_line(tmp_path: Path, changes: dict[str, Any], says: str) -> None:
    path = write_spec(tmp_path, **changes)
    with pytest.raises(SpecError) as caught:
        load_spec(path)
    line = str(caught.value)
    assert line.startswith(f"{path}: {says}")
    assert "\n" not in line


def test_a_file_that_is_no_spec_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"missing\.yaml: cannot be read: No such file"):
        load_spec(tmp_path / "missing.yaml")
    path = tmp_path / "bad.yaml"
    path.write_text("task: [")
    with pytest.raises(SpecError, match=r"bad\.yaml: is no YAML: "):
        load_spec(path)
    path.write_text("- a\n- b\n")
    with pytest.raises(SpecError, match="holds no keys and values"):
        load_spec(path)
    path.write_bytes(b"\xff\xfe\xff")
    with pytest.raises(DataError, match="is not UTF-8 text"):
        load_spec(path)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("sizes: [5]\nseeds: [0]\nsizes: [7]\n", "line 3: the key 'sizes' stands already in line 1"),
        ("task:\n  name: a\n  name: b\n", "line 3: the key 'name' stands already in line 2"),
        ("task: {name: a, name: b}\n", "line 1: the key 'name' stands already in line 1"),
        ("pairs:\n- data: a\n- data: b\n  'data': c\n", "line 4: the key 'data' stands already in line 3"),
    ],
)
def test_a_key_that_stands_twice_is_one_line(tmp_path: Path, content: str, says: str) -> None:
    path = tmp_path / "twice.yaml"
    path.write_text(content)
    with pytest.raises(SpecError) as caught:
        load_spec(path)
    assert str(caught.value) == f"{path}, {says}; keep one of them"


def test_a_key_may_replace_a_merged_one(tmp_path: Path) -> None:
    path = write_spec(tmp_path)
    plain, text = load_spec(path), path.read_text()
    text = text.replace("native:\n", "native: &native\n").replace("test:\n", "test:\n  <<: *native\n")
    assert "&native\n  data:" in text
    assert "*native\n  data:" in text
    path.write_text(text)
    assert load_spec(path) == plain


@pytest.mark.parametrize(
    "number",
    ["1e-4", "1e5", "1E5", "-2.5E-3", "1.e-4", ".5e1", "+1e+2", "2.5e3", "1e", "e5", "1e5x", "1.2.3e4"],
)
def test_numbers_with_an_exponent_are_those_of_json_and_python(tmp_path: Path, number: str) -> None:
    path = write_spec(tmp_path, head=None)
    path.write_text(f"{path.read_text()}aligners: {{ae: {{options: {{learning_rate: {number}}}}}}}\n")
    try:
        expected = float(number)
    except ValueError:
        expected = math.nan
    if expected > 0:
        assert load_spec(path).aligners["ae"].options == {"learning_rate": expected}
    else:
        with pytest.raises(SpecError, match=r"aligners\.ae: .*learning_rate"):
            load_spec(path)


def test_quotes_keep_a_number_text(tmp_path: Path) -> None:
    path = write_spec(tmp_path, native=None, methods=["english"])
    path.write_text(f"{path.read_text()}native: {{data: a.tsv, text_column: '1e4'}}\n")
    native = load_spec(path).native
    assert native is not None
    assert native.text_column == "1e4"


def test_the_environment_fills_text_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIDTH", "32")
    assert load_spec(write_spec(tmp_path, encoder="hashing[width=${WIDTH}]")).encoder == "hashing[width=32]"


def test_another_encoder_can_be_named(tmp_path: Path) -> None:
    assert load_spec(write_spec(tmp_path), encoder="hashing").encoder == "hashing"
    given, none = write_spec(tmp_path), {"encoder": None}
    assert load_spec(given, default_encoder="openai").encoder == "hashing[width=48]"
    assert load_spec(write_spec(tmp_path, **none), default_encoder="hashing").encoder == "hashing"
    tune = {"model": "m", "rows": 5}
    spec = write_spec(tmp_path, **none, source=SMALL["source"], tune=tune)
    assert load_spec(spec, default_encoder="hashing").encoder is None
    with pytest.raises(SpecError, match="tune makes its own encoder"):
        load_spec(write_spec(tmp_path, encoder=None, tune=tune), encoder="hashing")


LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join(9 * [f'*{before}'])}]\n"
    for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (LAUGHS, r"s\.yaml: holds over 10,000 values, aliases written out"),
        ("a: &a [*a]", r"s\.yaml: holds over 10,000 values"),
        ("a: &a {b: &b [*a, *b]}", r"s\.yaml: holds over 10,000 values"),
        ("[" * 10_000, r"s\.yaml: is no YAML: maximum recursion depth"),
        ("task: " + "9" * 9000, r"s\.yaml: is no YAML: Exceeds the limit"),
        ("task: 2024-13-45", r"s\.yaml: is no YAML: month must be"),
        ("task: !!bool x", r"s\.yaml: is no YAML: 'x'"),
        ("task: !!timestamp x", r"s\.yaml: is no YAML: "),
        (
            "task: !!python/object/apply:os.abort []",
            r"s\.yaml: is no YAML: could not determine a constructor",
        ),
    ],
)
def test_what_yaml_can_be_made_to_do_is_one_line(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "s.yaml").write_text(text)
    with pytest.raises(SpecError, match=says) as caught:
        load_spec(tmp_path / "s.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["OPENAI_API_KEY", "HF_TOKEN", "db_password"])
def test_secrets_are_not_filled_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, "sk-1")
    path = write_spec(tmp_path, task={"name": f"${{{name}}}", "metric": "accuracy"})
    with pytest.raises(SpecError, match=r"task\.name: .* names a secret, which results would tell"):
        load_spec(path)

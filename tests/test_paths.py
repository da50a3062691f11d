"""What is named by a string, or lies in the home folder, is found wherever a path is taken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import langalign
from langalign.aligners import fit_pairs, save_aligner
from langalign.corpora import ReadOptions, read_texts
from langalign.encoders import build
from langalign.errors import DataError
from langalign.experiments import dry_run, load_spec, run_experiment, tabulate, write_output
from langalign.heads import fit_head, save_head
from langalign.part_folder import encoder_record
from langalign.paths import user_path
from langalign.store import Store
from langalign.translation import estimate, write_pairs
from langalign.tuning import predict_labels, tune_encoder
from tests.experiments.scene import write_spec
from tests.heads.toy import WIDTH, clusters

ENCODER = build(f"hashing[width={WIDTH}]")


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "home"


@pytest.mark.parametrize("kind", [str, Path])
def test_only_a_tilde_at_the_front_that_names_a_home_is_one(home: Path, kind: type[str | Path]) -> None:
    assert user_path(kind("~/a/b")) == home / "a" / "b"
    assert user_path(kind("a/~/b")) == Path("a/~/b")
    assert user_path(kind("~no-such-user.txt")) == Path("~no-such-user.txt")


def test_parts_are_saved_and_loaded_by_a_name_in_the_home_folder(home: Path) -> None:
    vectors, labels = clusters()
    fitted = fit_pairs("mean-shift", vectors, vectors + 1, groups=np.arange(len(vectors)))
    save_aligner(fitted, "~/aligner", ENCODER, ENCODER)
    aligner = langalign.load_aligner("~/aligner")
    assert aligner.folder == home / "aligner"
    np.testing.assert_array_equal(aligner.transform(vectors), fitted.aligner.transform(vectors))
    head = fit_head("linear", vectors, labels)
    save_head(head, "~/head", encoder=encoder_record(ENCODER), aligner="~/aligner")
    loaded = langalign.load_head("~/head")
    assert loaded.aligner == home / "head" / "aligner"
    assert langalign.load_aligner(loaded.aligner).direction == aligner.direction
    assert loaded.predict(vectors) == head.head.predict(vectors)


def test_a_store_is_opened_by_a_name_in_the_home_folder(home: Path) -> None:
    langalign.embed(["one"], ENCODER, cache=home / "cache")
    store = Store("~/cache", ENCODER.identity)
    assert len(store) == 1
    assert len(Store.from_folder(f"~/cache/{store.folder.name}")) == 1


def test_texts_and_translations_are_found_in_the_home_folder(home: Path) -> None:
    write_pairs("~/pairs.tsv", {"source": ["one", "two"], "target": ["하나", "둘"]})
    assert (home / "pairs.tsv").is_file()
    assert read_texts("~/pairs.tsv", ReadOptions(text_column="target")).texts == ["하나", "둘"]
    assert estimate(["one"], "openai:small", to="ko", memory="~/memory.sqlite").texts == 1


def test_published_datasets_are_found_in_the_home_folder(home: Path) -> None:
    (home / "data").mkdir()
    with pytest.raises(DataError, match=f"not found in {home / 'data'}"):
        read_texts("waimai:all", ReadOptions(labels=True, data_dir="~/data"))


def test_tuning_looks_at_the_home_folder_before_it_begins(home: Path) -> None:
    (home / "full").mkdir()
    (home / "full" / "mine.txt").write_text("precious")
    with pytest.raises(DataError, match=f"{home / 'full'}: holds something"):
        tune_encoder(["one"], ["a"], model="none", out="~/full")
    with pytest.raises(DataError, match=str(home / "full")):
        predict_labels("~/full", ["one"])


def test_an_experiment_runs_and_is_written_where_the_home_folder_says(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANGALIGN_CACHE", "~/cache")
    write_spec(home, methods=["english"], sizes=[40], seeds=[0], pairs=None, native=None, translation=None)
    spec = load_spec("~/small.yaml")
    ran = run_experiment(spec, out="~/out", workers=1)
    files = write_output(ran, tabulate(ran), "~/out")
    assert home / "out" / "table.md" in files
    assert len(list((home / "cache").iterdir())) == 1
    assert dry_run(spec, out="~/out")["reused"] == 1
    assert not list((home.parent / "work").iterdir())

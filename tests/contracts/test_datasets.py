"""What every registered dataset must keep: a whole card, its splits, and an error that helps."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from langalign import registry
from langalign.corpora import read_texts
from langalign.corpora.datasets._sample import SampleDataset
from langalign.corpora.datasets.base import Dataset
from langalign.errors import DataError, UnknownPartError

NAMES = registry.names("datasets")
TASKS = {"sentiment": {"negative", "positive"}, "nli": {"entailment", "neutral", "contradiction"}}
every_dataset = pytest.mark.parametrize("name", NAMES)


def build(name: str) -> Dataset:
    return registry.get("datasets", name)()


def test_the_datasets_of_the_design_are_there():
    assert {*NAMES} >= {
        *("sst2", "nsmc", "douban", "chnsenticorp", "waimai", "sample-sentiment"),
        *("mnli", "snli", "xnli", "kornli", "klue-nli", "jnli", "ocnli", "jsick", "sample-nli"),
        *("stsb", "korsts", "jsts", "tatoeba", "small-parallel-enja"),
    }


@every_dataset
def test_the_card_says_what_it_is_and_whom_to_thank(name: str):
    card = build(name).card
    assert all((card.title, card.licence, card.citation, card.source))
    assert card.task in (*TASKS, "sts", "pairs")
    assert {*card.labels} == TASKS.get(card.task, set())
    assert all(code.isalpha() and code.islower() and len(code) == 2 for code in card.languages)


@every_dataset
def test_splits_can_be_named_in_data(name: str):
    dataset = build(name)
    assert dataset.name == name
    assert len({*dataset.card.splits}) == len(dataset.card.splits) > 0
    for split in dataset.card.splits:
        assert not {*split} & {*":./ "}
        assert {*dataset.languages(split)} <= {*dataset.card.languages}


@every_dataset
def test_an_unknown_split_or_language_lists_those_there_are(name: str):
    dataset = build(name)
    split = dataset.card.splits[0]
    with pytest.raises(UnknownPartError, match=split):
        dataset.load("none")
    with pytest.raises(UnknownPartError, match=dataset.languages(split)[0]):
        dataset.load(split, "xx")


@every_dataset
def test_missing_files_are_named_with_the_place_that_was_searched(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setitem(sys.modules, "datasets", None)
    dataset = build(name)
    if isinstance(dataset, SampleDataset):
        assert read_texts(f"{name}:{dataset.card.splits[0]}").labels
        return
    for split in dataset.card.splits:
        language = dataset.languages(split)[0]
        for folder, place in ((None, "--data-dir or LANGALIGN_DATA"), (tmp_path, str(tmp_path))):
            with pytest.raises(DataError) as caught:
                dataset.load(split, language, folder)
            message = str(caught.value)
            expected = [file.format(language=language) for file in dataset.files[split]]
            assert all(file in message for file in (*expected, f"{name}:{split}", place))
            assert "\n" not in message


@every_dataset
def test_what_lies_on_the_hub_is_named_in_its_grammar(name: str):
    dataset = build(name)
    lying = getattr(dataset, "hub", {})
    assert {*lying} <= {*dataset.card.splits}
    assert all(len(place.split(":")) in (2, 3) and place.count("/") == 1 for place in lying.values())

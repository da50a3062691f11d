"""The grid, counted by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from langalign.errors import SpecError
from langalign.experiments import load_spec
from langalign.experiments.grid import Cell, expand
from langalign.experiments.methods import ALIGNED, PLAIN, method
from tests.experiments.scene import write_spec


def test_methods_with_pairs_are_repeated_for_each_number_of_them(tmp_path: Path) -> None:
    cells = expand(load_spec(write_spec(tmp_path)))
    # english, native, without-aligner: 2 sizes × 2 seeds; linear and its reverse: × 2 numbers of pairs
    assert len(cells) == 3 * 4 + 2 * 8
    assert len(set(cells)) == len(cells)
    assert cells[0] == Cell("english", None, 100, 0)
    assert Cell("reverse:linear", 200, 100, 1) in cells


def test_a_method_may_have_sizes_and_pairs_of_its_own(tmp_path: Path) -> None:
    methods = ["english", {"method": "native", "sizes": [50]}, {"method": "linear", "pairs": [60]}]
    cells = expand(load_spec(write_spec(tmp_path, methods=methods)))
    assert [str(cell) for cell in cells if cell.method != "english"] == [
        "native, 50 rows, seed 0",
        "native, 50 rows, seed 1",
        "linear, 60 pairs, 100 rows, seed 0",
        "linear, 60 pairs, 100 rows, seed 1",
        "linear, 60 pairs, 200 rows, seed 0",
        "linear, 60 pairs, 200 rows, seed 1",
    ]


def test_around_a_centre_one_number_is_varied_at_a_time(tmp_path: Path) -> None:
    methods = ["english", "linear", {"method": "procrustes", "pairs": [200]}]
    changes = {"methods": methods, "seeds": [0], "centre": {"pairs": 200, "rows": 100}}
    cells = expand(load_spec(write_spec(tmp_path, **changes)))
    assert [(cell.method, cell.pairs, cell.size) for cell in cells] == [
        ("english", None, 100),
        ("english", None, 200),
        ("linear", 100, 100),
        ("linear", 200, 100),
        ("linear", 200, 200),
        ("procrustes", 200, 100),
        ("procrustes", 200, 200),
    ]


def test_cosine_has_no_head_rows(tmp_path: Path) -> None:
    spec = write_spec(
        tmp_path,
        task={"name": "cosine", "metric": "cosine"},
        methods=["linear"],
        held_out={"rows": 40},
        sizes=None,
        source=None,
        translation=None,
    )
    assert expand(load_spec(spec)) == [
        Cell("linear", pairs, None, seed) for pairs in (100, 200) for seed in (0, 1)
    ]


def test_where_an_aligner_stands() -> None:
    def stands(name: str) -> tuple[bool, bool, bool]:
        return method(name).reverse, method(name).training, method(name).test

    assert stands("ae") == (False, True, True)
    assert stands("reverse:ae") == (True, False, True)
    assert stands("without-aligner-at-inference:ae") == (False, True, False)
    assert stands("shared-data:ae") == (False, True, True)
    assert stands("without-aligner") == stands("english") == (False, False, False)
    assert method("shared-data:ae").pairs == "shared"
    assert method("without-aligner").pairs == "none"


def test_every_method_says_what_it_does() -> None:
    assert all(one.does for one in (*PLAIN.values(), *ALIGNED.values()))


def test_an_unknown_method_lists_the_known() -> None:
    with pytest.raises(SpecError, match=r"no method 'revers:ae'.*english.*reverse:ALIGNER.*procrustes"):
        method("revers:ae")

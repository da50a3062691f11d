from __future__ import annotations

import csv
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from langalign.analysis.page import LISTED_PAIRS, MAP_PAIRS, write_report
from langalign.analysis.report import AlignedView, build_report
from langalign.errors import DataError
from tests.analysis import scene

FILES = ["report.html", "report.json", "report.csv", "histograms.png", "heat-map.png", "map.png"]


class Elements(HTMLParser):
    """Collects what a browser would make of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.starts: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.starts.append((tag, dict(attrs)))
        self._inside = tag

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""

    def handle_data(self, data: str) -> None:
        (self.scripts if self._inside == "script" else self.texts).append(data)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return write_report(scene.report(), tmp_path_factory.mktemp("report"))


def places(page: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(Elements(page).scripts[0])
    return loaded


def test_all_files_are_written(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "on the way"
    files = write_report(scene.report(), folder)
    assert [file.name for file in files] == FILES
    assert sorted(folder.iterdir()) == sorted(files)
    assert json.loads(files[1].read_text())["rows"] == scene.report().to_json()["rows"]


def test_the_same_report_gives_the_same_bytes(written: list[Path], tmp_path: Path) -> None:
    for one, other in zip(written, write_report(scene.report(), tmp_path), strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name


def test_the_table_has_both_directions_as_columns(written: list[Path]) -> None:
    report = scene.report()
    with written[2].open(encoding="utf-8", newline="") as file:
        lines = list(csv.DictReader(file))
    assert [line["name"] for line in lines] == [row.name for row in report.rows]
    for line, row in zip(lines, report.rows, strict=True):
        assert float(line["margin"]) == row.margin
        assert row.mrr is not None
        assert float(line["mrr_target_to_source"]) == row.mrr["target_to_source"]
    assert len(lines[0]) == 1 + 3 + 7 * 2


def test_the_page_asks_for_nothing_from_outside(written: list[Path]) -> None:
    page = written[0].read_text(encoding="utf-8")
    addresses = [
        value
        for _, attributes in Elements(page).starts
        for name, value in attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster")
    ]
    assert len(addresses) == 3
    assert all(value is not None and value.startswith("data:") for value in addresses)
    assert "@import" not in page
    assert "url(" not in page


def test_a_collapse_is_called_one(written: list[Path]) -> None:
    page = written[0].read_text(encoding="utf-8")
    assert re.findall(r'class="card (\w+)">\s*<h2><bdi>(\w+)', page) == [
        ("good", "shift"),
        ("collapse", "heap"),
        ("good", "back"),
    ]


def test_sentences_stay_text(tmp_path: Path) -> None:
    hostile = [
        "</script><script>boom()</script>",
        "<img src=x onerror=boom()>",
        "{{ 7 * 7 }}",
        "\"'>&amp;<b>",
        "\ud800",
    ]
    texts = (hostile * scene.PAIRS)[: scene.PAIRS]
    source, target = scene.sides()
    view = AlignedView("<script>boom()</script>", source)
    report = build_report(source, target, [view], source_texts=texts, target_texts=texts, backend="exact")
    page = write_report(report, tmp_path)[0].read_text(encoding="utf-8")
    parsed = Elements(page)
    assert [tag for tag, _ in parsed.starts].count("script") == 2
    assert not [
        attributes for tag, attributes in parsed.starts if tag in ("b", "img") and "onerror" in attributes
    ]
    shown = "".join(parsed.texts)
    for sentence in hostile[:4]:
        assert sentence in shown
    assert [pair[0] for pair in places(page)["texts"]] == texts


def test_the_map_holds_every_view_of_the_pairs_shown(written: list[Path]) -> None:
    data = places(written[0].read_text(encoding="utf-8"))
    assert [view["title"] for view in data["views"]] == ["before", "shift", "heap", "back"]
    assert data["numbers"] == list(range(1, scene.PAIRS + 1))
    for view in data["views"]:
        spots = np.array(view["source"] + view["target"])
        assert spots.shape == (2 * scene.PAIRS, 2)
        assert (spots >= 0).all()
        assert (spots <= data["size"]).all()
    assert data["views"][1]["target"] == data["views"][0]["target"]


def test_large_sets_are_thinned_and_long_texts_cut(tmp_path: Path) -> None:
    source, target = scene.sides(pairs=2 * MAP_PAIRS + 1)
    texts = [f"{row} " + "long " * 400 for row in range(len(source))]
    report = build_report(source, target, source_texts=texts, target_texts=texts, backend="exact")
    page = write_report(report, tmp_path)[0].read_text(encoding="utf-8")
    data = places(page)
    assert len(data["texts"]) == MAP_PAIRS
    assert data["numbers"][:3] == [1, 3, 5]
    assert f"Shown are {MAP_PAIRS} of 1,501 pairs" in page
    assert all(len(text) < 700 and text.endswith("…") for pair in data["texts"] for text in pair)


def test_worst_and_best_pairs_are_listed_in_order(tmp_path: Path) -> None:
    source, target = scene.sides()
    target = target.copy()
    target[17] = -source[17]
    target[4] = 2 * source[4]
    texts = [(f"premise {row}", f"hypothesis {row}") for row in range(scene.PAIRS)]
    report = build_report(source, target, source_texts=texts, target_texts=texts, backend="exact")
    page = write_report(report, tmp_path)[0].read_text(encoding="utf-8")
    worst, best = page.split("Best 15")[0].split("Worst 15")[1], page.split("Best 15")[1]
    first = re.compile(r'class="count">(\d+)</td>')
    assert first.findall(worst)[0] == "18"
    assert first.findall(best)[0] == "5"
    assert len(first.findall(worst)) == len(first.findall(best)) == LISTED_PAIRS
    assert "premise 17 ⏐ hypothesis 17" in worst


def test_the_page_says_when_exact_search_is_slow_and_what_a_graph_has_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offer = "<code>--search hnsw</code> is faster"
    report = scene.report()
    assert report.recall == 1.0
    assert offer not in write_report(report, tmp_path)[0].read_text(encoding="utf-8")
    monkeypatch.setattr("langalign.analysis.page.SLOW_ROWS", scene.PAIRS)
    assert offer in write_report(report, tmp_path)[0].read_text(encoding="utf-8")
    missed = replace(report.rows[2], recall={"source_to_target": 0.994, "target_to_source": 0.991})
    page = write_report(
        replace(report, rows=(*report.rows[:2], missed, *report.rows[3:])), tmp_path / "graph"
    )[0]
    assert "at least 99.1 % were found" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize("pairs", [1, 2])
def test_very_small_reports_can_be_written(pairs: int, tmp_path: Path) -> None:
    source, target = (side[:pairs] for side in scene.sides())
    texts = [str(row) for row in range(pairs)]
    report = build_report(
        source, target, [AlignedView("same", source)], source_texts=texts, target_texts=texts, backend="exact"
    )
    assert len(write_report(report, tmp_path)) == len(FILES)


def test_sides_of_different_widths_are_shown_without_figures(tmp_path: Path) -> None:
    source, target = scene.sides()
    texts = [str(row) for row in range(scene.PAIRS)]
    wide = np.concatenate([target, target], axis=1)
    report = build_report(
        source, wide, [AlignedView("up", wide)], source_texts=texts, target_texts=texts, backend="exact"
    )
    page, _, table, *_ = write_report(report, tmp_path)
    assert "No comparison" in page.read_text(encoding="utf-8")
    assert table.read_text(encoding="utf-8").splitlines()[1] == "source-target" + "," * 17
    bare = build_report(source, wide, source_texts=texts, target_texts=texts)
    assert 'class="map"' not in write_report(bare, tmp_path)[0].read_text(encoding="utf-8")


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match=r"the report cannot be written to .*file: .*; choose another --out"):
        write_report(scene.report([]), tmp_path / "file")

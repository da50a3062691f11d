from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from matplotlib.image import imread

from langalign.analysis.figures import draw_heat_map, draw_histograms, draw_map
from langalign.analysis.report import AlignedView, Report, build_report
from tests.analysis import scene

DRAW = [draw_histograms, draw_heat_map, draw_map]
Drawn = Callable[[Report, Path], Path]


def colours(file: Path) -> int:
    pixels = imread(file)[..., :3].reshape(-1, 3)
    return len(np.unique((pixels * 255).astype(np.uint8), axis=0))


@pytest.mark.parametrize("draw", DRAW)
@pytest.mark.parametrize("names", [[], ["shift", "heap", "back"]])
def test_a_figure_is_drawn_for_any_number_of_aligners(draw: Drawn, names: list[str], tmp_path: Path) -> None:
    file = draw(scene.report(names), tmp_path / "figure.png")
    assert file == tmp_path / "figure.png"
    assert colours(file) > 20


@pytest.mark.parametrize("draw", DRAW)
def test_the_same_report_gives_the_same_bytes(draw: Drawn, tmp_path: Path) -> None:
    report = scene.report(["shift"])
    assert draw(report, tmp_path / "a.png").read_bytes() == draw(report, tmp_path / "b.png").read_bytes()


@pytest.mark.parametrize("draw", DRAW)
def test_names_that_no_font_can_draw_do_no_harm(draw: Drawn, tmp_path: Path) -> None:
    source, target = scene.sides()
    texts = ["안녕하세요"] * scene.PAIRS
    view = AlignedView("정렬 $x^{ \n\u0600", source)
    report = build_report(source, target, [view], source_texts=texts, target_texts=texts, backend="exact")
    assert colours(draw(report, tmp_path / "figure.png")) > 20


@pytest.mark.parametrize("draw", DRAW)
def test_a_single_pair_and_identical_vectors_can_be_drawn(draw: Drawn, tmp_path: Path) -> None:
    for rows in (np.ones((1, 4), np.float32), np.ones((6, 4), np.float32), np.zeros((6, 4), np.float32)):
        texts = [str(row) for row in range(len(rows))]
        report = build_report(
            rows, rows, [AlignedView("same", rows)], source_texts=texts, target_texts=texts, backend="exact"
        )
        assert draw(report, tmp_path / "figure.png").stat().st_size > 1000


@pytest.mark.parametrize("draw", DRAW)
def test_sides_that_cannot_be_compared_leave_the_figure_empty(draw: Drawn, tmp_path: Path) -> None:
    source, target = scene.sides()
    texts = [str(row) for row in range(scene.PAIRS)]
    report = build_report(source, target[:, :5], source_texts=texts, target_texts=texts)
    assert draw(report, tmp_path / "figure.png").stat().st_size > 1000


def test_pyplot_is_not_touched() -> None:
    code = "import sys, langalign.analysis.figures; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0

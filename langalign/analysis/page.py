"""The report as files: JSON, CSV, PNG figures, and one self-contained HTML page.

The page asks for nothing from outside, and no sentence can act in it: the template escapes all text, the
sentences of the map travel as JSON with ``<`` escaped, and the page's own policy lets no other script
run. The same report always gives the same bytes.
"""

from __future__ import annotations

import csv
import json
from base64 import b64encode
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Environment, PackageLoader, StrictUndefined

from langalign.analysis.cosine import Doubles, matched_cosines
from langalign.analysis.figures import draw_heat_map, draw_histograms, draw_map
from langalign.analysis.maps import Map, maps
from langalign.analysis.report import BASELINE, FIGURES, Report
from langalign.analysis.sample import evenly
from langalign.analysis.search import SLOW_ROWS
from langalign.analysis.verdict import verdicts
from langalign.errors import DataError
from langalign.types import Text

MAP_PAIRS = 750
LISTED_PAIRS = 15
_LONGEST = 600
_MAP_SIZE = (1000, 640)
_MAP_EDGE = 24


def write_report(report: Report, folder: Path) -> list[Path]:
    """Write everything that the report shows.

    :param report: What was measured.
    :param folder: Is made if it is missing; older reports in it are replaced.
    :return: ``report.html``, ``report.json``, ``report.csv`` and three PNG figures.
    :raises DataError: If the folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        figures = [
            draw_histograms(report, folder / "histograms.png"),
            draw_heat_map(report, folder / "heat-map.png"),
            draw_map(report, folder / "map.png"),
        ]
        page, data, table = (folder / f"report.{suffix}" for suffix in ("html", "json", "csv"))
        page.write_text(render(report, figures[0], figures[1]), encoding="utf-8", errors="replace")
        data.write_text(json.dumps(report.to_json(), indent=2) + "\n", encoding="utf-8")
        with table.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(csv_lines(report))
    except OSError as error:
        raise DataError(
            f"the report cannot be written to {folder}: {error.strerror}; choose another --out"
        ) from error
    return [page, data, table, *figures]


def csv_lines(report: Report) -> Iterator[list[str]]:
    """Give the figures as a table, a line for each row; a figure of two directions takes two columns.

    :param report: What was measured.
    :yield: The header, then the lines. Figures that do not exist are empty.
    """
    columns = [(name, way) for name in FIGURES for way in _ways(name)]
    yield ["name", *(f"{name}_{way}" if way else name for name, way in columns)]
    for row in report.rows:
        values = row.to_json()
        cells = (values[name][way] if way and values[name] else values[name] for name, way in columns)
        yield [row.name, *("" if cell is None else repr(cell) for cell in cells)]


def _ways(figure: str) -> tuple[str, ...]:
    return (
        ("",)
        if figure in ("cosine_mean", "cosine_std", "margin")
        else ("source_to_target", "target_to_source")
    )


def render(report: Report, histograms: Path, heat_map: Path) -> str:
    """Render the page.

    :param report: What was measured.
    :param histograms: PNG file to show.
    :param heat_map: PNG file to show.
    :return: HTML.
    """
    places = _map_data(report)
    templates = Environment(
        loader=PackageLoader("langalign", "analysis"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
    )
    return templates.get_template("report.html.jinja").render(
        pairs=len(report.source_texts),
        facts=dict(_facts(report.to_json())),
        rows=report.rows,
        goals={view.goal_row for view in report.views},
        views=report.views,
        baseline=report.row(BASELINE),
        verdicts=verdicts(report),
        histograms=_image(histograms),
        heat_map=_image(heat_map),
        places=places,
        recall=report.recall,
        slow=len(report.source_texts) >= SLOW_ROWS,
        # The sentences cannot hold a hash of themselves, so none can guess what lets a script run.
        nonce=blake2b(json.dumps(places).encode(), digest_size=16).hexdigest(),
        lists=list(_lists(report)),
    )


def _facts(data: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Flatten what the result file records, without the figures."""
    for name, value in data.items():
        if isinstance(value, Mapping):
            yield from _facts(value, f"{prefix}{name} · ")
        elif name not in ("rows", "pairs"):
            yield f"{prefix}{name}".replace("_", " "), value if isinstance(value, str) else json.dumps(value)


def _image(file: Path) -> dict[str, Any]:
    """Give a PNG as the page holds it: the file within its address, and its width at two dots a pixel."""
    data = file.read_bytes()
    return {
        "source": f"data:image/png;base64,{b64encode(data).decode()}",
        "width": int.from_bytes(data[16:20], "big") // 2,
    }


def _map_data(report: Report) -> dict[str, Any]:
    """Give the interactive map's places, in the drawing's own units, and its sentences."""
    shown = evenly(len(report.source_texts), MAP_PAIRS)
    found = maps(report, shown)
    views = []
    for place in found:
        same_plane = [other for other in found if _width(report, other) == _width(report, place)]
        everything = np.concatenate([side for other in same_plane for side in (other.source, other.target)])
        cosines = matched_cosines(*(side[shown] for side in report.sides[place.row]))
        views.append(
            {
                "title": place.title,
                "source": _drawn(place.source, everything),
                "target": _drawn(place.target, everything),
                "cosines": cosines.round(3).tolist(),
            }
        )
    texts = [[_text(report.source_texts[row]), _text(report.target_texts[row])] for row in shown]
    return {"size": _MAP_SIZE, "numbers": (shown + 1).tolist(), "texts": texts, "views": views}


def _width(report: Report, place: Map) -> int:
    width: int = report.sides[place.row][0].shape[1]
    return width


def _drawn(points: Doubles, everything: Doubles) -> list[list[float]]:
    """Scale points so that everything fits the drawing, both axes alike. Shape: ``(n, 2)``."""
    low, high = everything.min(axis=0), everything.max(axis=0)
    size = np.array(_MAP_SIZE)
    scale = ((size - 2 * _MAP_EDGE) / np.maximum(high - low, 1e-9)).min()
    centred = (points - (low + high) / 2) * scale * np.array([1.0, -1.0])  # y grows upwards on paper
    drawn: list[list[float]] = (centred + size / 2).round(1).tolist()
    return drawn


def _lists(report: Report) -> Iterator[dict[str, Any]]:
    """List each aligner's worst and best pairs, or the plain ones where there is no aligner."""
    goals = [(view.name, view.goal_row) for view in report.views] or [("", BASELINE)]
    before = matched_cosines(*report.sides[BASELINE]) if report.comparable(BASELINE) else None
    for name, row in goals:
        if not report.comparable(row):
            continue
        after = matched_cosines(*report.sides[row])
        order = np.argsort(after, kind="stable")
        count = min(LISTED_PAIRS, (len(order) + 1) // 2)
        for kind, chosen in (("worst", order[:count]), ("best", order[::-1][:count])):
            lines = [
                {
                    "number": pair + 1,
                    "before": None if before is None or row == BASELINE else before[pair],
                    "after": after[pair],
                    "source": _text(report.source_texts[pair]),
                    "target": _text(report.target_texts[pair]),
                }
                for pair in chosen.tolist()
            ]
            yield {"kind": kind, "name": name, "lines": lines}


def _text(text: Text) -> str:
    """Show a text or both of a pair, cut where it would flood the page."""
    whole = text if isinstance(text, str) else " ⏐ ".join(text)
    return whole if len(whole) <= _LONGEST else f"{whole[:_LONGEST]}…"

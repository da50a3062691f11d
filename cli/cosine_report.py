"""``langalign cosine-report``: what aligners do to pairs, in cosine, margin and retrieval."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from langalign_cli import _render
from langalign_cli._aligned import encoder_pair
from langalign_cli._command import Outcome
from langalign_cli._options import Common, Data, PairColumns, Reading, Target, TargetEncoder
from langalign_cli._stored import stored_rows

if TYPE_CHECKING:
    from langalign.analysis.report import Report
    from langalign.analysis.threshold import Condition
    from langalign.encoders.base import BaseEncoder


_SLOW = (
    "searching {:,} pairs exactly takes time that grows with their square; --search hnsw is faster, and "
    "tells the share of true neighbours that it finds"
)


class Search(str, Enum):
    """How the nearest are searched for."""

    exact = "exact"
    hnsw = "hnsw"


def command(
    data: Data,
    common: Common,
    columns: PairColumns,
    reading: Reading,
    target: Target = None,
    aligner: Annotated[
        list[Path] | None, typer.Option(metavar="DIR", help="Folder of an aligner; may be given again.")
    ] = None,
    target_encoder: TargetEncoder = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the page, the figures, JSON and CSV.")] = None,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(metavar="[ROW:]FIGURE=BOUND", help="Exit with 1 if a figure is lower, e.g. p_at_1=0.9."),
    ] = None,
    search: Annotated[
        Search,
        typer.Option(
            help="exact; or hnsw, for many pairs: follows a graph of neighbours, and tells the share of the "
            "true ones that it found."
        ),
    ] = Search.exact,
) -> Outcome:
    """Compare aligned pairs before and after each aligner."""
    from langalign.aligners import load_aligner
    from langalign.analysis.report import AlignedView, build_report, require_distinct
    from langalign.analysis.search import SLOW_ROWS, require_faiss
    from langalign.analysis.threshold import parse_condition
    from langalign.corpora import read_pairs

    require_faiss()
    folders = [folder.resolve() for folder in aligner or []]
    names = [folder.name for folder in folders]
    require_distinct(names)
    conditions = [parse_condition(condition, names) for condition in fail_under or []]
    saved = {folder.name: load_aligner(folder) for folder in folders}
    source_encoder, other_encoder = encoder_pair(list(saved.values()), common, target_encoder)
    pairs = read_pairs(data, target, columns.options(reading))
    source = stored_rows(pairs.source, source_encoder, common, "embed source")[0][:]
    target_vectors = stored_rows(pairs.target, other_encoder, common, "embed target")[0][:]
    views = [
        AlignedView(name, one.transform(source if one.moves == "source" else target_vectors), one.moves)
        for name, one in saved.items()
    ]
    if search is Search.exact and len(pairs.source) >= SLOW_ROWS:
        _render.note(_SLOW.format(len(pairs.source)), quiet=common.quiet or common.json)
    with _render.progress("compare", "rows", quiet=common.quiet) as progress:
        report = build_report(
            source,
            target_vectors,
            views,
            source_texts=pairs.source,
            target_texts=pairs.target,
            metadata={**_metadata(source_encoder, other_encoder, common), "search": search.value},
            backend="faiss" if search is Search.exact else "hnsw",
            progress=progress,
        )
    files = _write(report, out) if out else []
    for line in _verdicts(report):
        _render.note(line, quiet=common.quiet or common.json)
    return Outcome(
        {**report.to_json(), "skipped": pairs.skipped, "files": files}, _failure(report, conditions)
    )


def _metadata(source: BaseEncoder, target: BaseEncoder, common: Common) -> dict[str, Any]:
    return {
        "encoder": source.spec,
        "encoder_identity": str(source.identity),
        "target_encoder": target.spec,
        "target_encoder_identity": str(target.identity),
        "seed": common.seed,
    }


def _write(report: Report, out: Path) -> list[str]:
    from langalign.analysis.page import write_report

    return [str(path) for path in write_report(report, out)]


def _verdicts(report: Report) -> list[str]:
    from langalign.analysis.verdict import verdicts

    return [f"{verdict.name}: {verdict.title}. {verdict.text}" for verdict in verdicts(report)]


def _failure(report: Report, conditions: list[Condition]) -> str | None:
    from langalign.analysis.threshold import check
    from langalign.errors import CheckFailedError

    try:
        check(report, conditions)
    except CheckFailedError as error:
        return str(error)
    return None

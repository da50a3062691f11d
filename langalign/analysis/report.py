"""The report's figures: which sides are compared, and what is measured on each row.

Rows, in order (the paper's Table 9, with retrieval beside the cosine):

- ``source-target``
- for each aligner ``source-aligned:NAME`` and ``target-aligned:NAME``

An aligner that moves the source is compared with the source it came from and with the target it should
land on; a reversed one moves the target and lands on the source. The *goal* row is the one where it
should land: ``target-aligned``, of a reversed aligner ``source-aligned``.

Every row has a left and a right side, named in its name. ``source_to_target`` searches right for left:
in ``source-aligned`` from the source to the aligned vectors, in ``target-aligned`` from the aligned
vectors to the target.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

from langalign.analysis.cosine import cosine_summary
from langalign.analysis.retrieval import BothWays, retrieval, text_groups
from langalign.analysis.search import Backend, Indices
from langalign.environment import environment
from langalign.errors import ShapeError, SpecError
from langalign.progress import part
from langalign.types import Progress, Text, Vectors

BASELINE = "source-target"
ALIGNED = ("source-aligned", "target-aligned")
"""Kinds of an aligner's rows, in their order."""


@dataclass(frozen=True)
class ReportRow:
    """Hold the figures of one comparison; all are None where the widths differ.

    :param name: ``source-target``, ``source-aligned:NAME`` or ``target-aligned:NAME``.
    :param cosine_mean: Mean cosine of matched pairs.
    :param cosine_std: Its population standard deviation.
    :param margin: The mean less the mean over all unmatched pairs.
    :param p_at_1: Retrieval figures: see :class:`langalign.analysis.retrieval.Retrieval`.
    """

    name: str
    cosine_mean: float | None = None
    cosine_std: float | None = None
    margin: float | None = None
    p_at_1: BothWays | None = None
    p_at_5: BothWays | None = None
    p_at_10: BothWays | None = None
    mrr: BothWays | None = None
    csls_p_at_1: BothWays | None = None
    hubness: BothWays | None = None
    recall: BothWays | None = None

    def to_json(self) -> dict[str, Any]:
        """Give the row as plain JSON types."""
        return asdict(self)

    def figure(self, name: str) -> float | None:
        """Give one figure as one number: of two directions the lower.

        :param name: A field's name, such as ``p_at_1``.
        :return: The figure, or None where the widths differ.
        """
        value: float | BothWays | None = getattr(self, name)
        return min(value.values()) if isinstance(value, dict) else value


FIGURES = tuple(field.name for field in fields(ReportRow) if field.name != "name")


@dataclass(frozen=True)
class AlignedView:
    """Hold what one aligner made of one side.

    :param name: The aligner's name.
    :param vectors: The moved vectors. Shape: ``(P, E)``.
    :param moves: The side that was moved; ``target`` for a reversed aligner.
    """

    name: str
    vectors: Vectors
    moves: Literal["source", "target"] = "source"

    @property
    def goal_row(self) -> str:
        """Name the row that compares the moved side with where it should land."""
        from_source, from_target = aligned_rows(self.name)
        return from_target if self.moves == "source" else from_source


@dataclass(frozen=True)
class Report:
    """Hold the rows, and the vectors and texts that the page is drawn from.

    :param rows: One for each comparison, in the order of the module's first lines.
    :param metadata: What else the result file records: encoder, seed and the like.
    :param sides: Left and right vectors of each row, by its name.
    :param views: What the aligners made.
    :param source_texts: ``P`` texts.
    :param target_texts: ``P`` texts.
    """

    rows: tuple[ReportRow, ...]
    metadata: Mapping[str, Any]
    sides: Mapping[str, tuple[Vectors, Vectors]]
    views: tuple[AlignedView, ...]
    source_texts: Sequence[Text]
    target_texts: Sequence[Text]

    def row(self, name: str) -> ReportRow:
        """Find a row by its name."""
        return next(row for row in self.rows if row.name == name)

    @property
    def recall(self) -> float:
        """Tell the least share of true neighbours that a search found; 1 if all were exact."""
        return min((row.figure("recall") or 0.0 for row in self.rows if row.recall), default=1.0)

    def comparable(self, name: str) -> bool:
        """Tell whether the two sides of a row have the same width."""
        return self.row(name).cosine_mean is not None

    def to_json(self) -> dict[str, Any]:
        """Give all figures as plain JSON types."""
        return {
            **self.metadata,
            "environment": environment(),
            "pairs": len(self.source_texts),
            "rows": [row.to_json() for row in self.rows],
        }


def report_row(
    name: str,
    left: Vectors,
    right: Vectors,
    *,
    left_groups: Indices | None = None,
    right_groups: Indices | None = None,
    backend: Backend = "faiss",
    progress: Progress | None = None,
) -> ReportRow:
    """Measure one comparison.

    :param name: The row's name.
    :param left: Where ``source_to_target`` starts. Shape: ``(P, D)``.
    :param right: Where it ends. Shape: ``(P, E)``; if ``E ≠ D`` there are no figures.
    :param left_groups: Ids of identical texts on the left. Shape: ``(P,)``.
    :param right_groups: The same on the right. Shape: ``(P,)``.
    :param backend: Who searches; see :func:`langalign.analysis.search.nearest`.
    :param progress: Is told the search's steps done and in all.
    :return: The row.
    """
    if left.shape[1] != right.shape[1]:
        return ReportRow(name)
    summary = cosine_summary(left, right)
    found = retrieval(
        left, right, source_groups=left_groups, target_groups=right_groups, backend=backend, progress=progress
    )
    return ReportRow(name, summary.mean, summary.std, summary.margin, **vars(found))


def build_report(
    source: Vectors,
    target: Vectors,
    aligned: Sequence[AlignedView] = (),
    *,
    source_texts: Sequence[Text],
    target_texts: Sequence[Text],
    metadata: Mapping[str, Any] | None = None,
    backend: Backend = "faiss",
    progress: Progress | None = None,
) -> Report:
    """Measure source against target, and what each aligner made against both.

    :param source: Shape: ``(P, D)``.
    :param target: Shape: ``(P, E)``.
    :param aligned: What the aligners made of one of the sides.
    :param source_texts: ``P`` texts; identical ones are all right when one of them is.
    :param target_texts: ``P`` texts.
    :param metadata: What else to record, as plain JSON types: encoder, seed and the like.
    :param backend: Who searches: ``faiss``, ``exact`` or ``hnsw``.
    :param progress: Is told the searches' steps done and in all.
    :return: The report.
    :raises ShapeError: If vectors and texts differ in number, or there are none.
    :raises SpecError: If two aligners have the same name.
    """
    _check(source, target, aligned, source_texts, target_texts)
    groups = {"source": text_groups(source_texts), "target": text_groups(target_texts)}
    sides = {BASELINE: (source, target)}
    ids = {BASELINE: (groups["source"], groups["target"])}
    for view in aligned:
        from_source, from_target = aligned_rows(view.name)
        sides[from_source] = (source, view.vectors)
        ids[from_source] = (groups["source"], groups[view.moves])
        sides[from_target] = (view.vectors, target)
        ids[from_target] = (groups[view.moves], groups["target"])
    rows = tuple(
        report_row(
            name,
            *sides[name],
            left_groups=ids[name][0],
            right_groups=ids[name][1],
            backend=backend,
            progress=part(progress, number, len(sides)),
        )
        for number, name in enumerate(sides)
    )
    return Report(rows, dict(metadata or {}), sides, tuple(aligned), source_texts, target_texts)


def _check(
    source: Vectors,
    target: Vectors,
    aligned: Sequence[AlignedView],
    source_texts: Sequence[Text],
    target_texts: Sequence[Text],
) -> None:
    if len(source) == 0:
        raise ShapeError("0 pairs were given; a report needs at least 1")
    counts = {"target": len(target), "source_texts": len(source_texts), "target_texts": len(target_texts)}
    counts |= {f"aligned {view.name}": len(view.vectors) for view in aligned}
    for what, count in counts.items():
        if count != len(source):
            raise ShapeError(f"{what} has {count:,} rows but source has {len(source):,}; they must match")
    require_distinct([view.name for view in aligned])


def require_distinct(names: Sequence[str]) -> None:
    """Refuse aligners whose rows of a report could not be told apart.

    :param names: Their names.
    :raises SpecError: If two are the same.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SpecError(f"two aligners are named {twice[0]!r}; rename the folder of one")


def aligned_rows(name: str) -> tuple[str, str]:
    """Name the two rows of an aligner.

    :param name: The aligner's.
    :return: What compares the source with the moved side, and the moved side with the target.
    """
    from_source, from_target = ALIGNED
    return f"{from_source}:{name}", f"{from_target}:{name}"

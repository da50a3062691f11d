"""``langalign evaluate``: a saved head on labelled texts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from langalign_cli._command import Outcome
from langalign_cli._headed import (
    AtInference,
    Front,
    HeadFolder,
    InferenceAligner,
    LabelColumn,
    YesNo,
    inference_front,
)
from langalign_cli._options import Common, Data, Reading, TextColumns
from langalign_cli._stored import stored_rows

if TYPE_CHECKING:
    from langalign.corpora import Corpus
    from langalign.heads import SavedHead


def command(
    data: Data,
    common: Common,
    columns: TextColumns,
    reading: Reading,
    head: HeadFolder,
    label_column: LabelColumn = None,
    aligner: InferenceAligner = None,
    aligner_at_inference: AtInference = YesNo.YES,
    against: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Another head, used as it was saved, to compare with."),
    ] = None,
) -> Outcome:
    """Measure a head on labelled texts, with 95 % intervals, and compare it with another."""
    from langalign.corpora import read_texts
    from langalign.errors import SpecError
    from langalign.heads import evaluate_head, load_head, paired_significance

    saved = load_head(head)
    front = inference_front(saved, common, aligner, aligner_at_inference)
    rival = load_head(against) if against else None
    corpus = read_texts(data, columns.options(reading, labels=True, label_column=label_column))
    labels = corpus.labels or []
    if rival and rival.head.task_.kind != saved.head.task_.kind:
        kinds = saved.head.task_.kind, rival.head.task_.kind
        raise SpecError(f"{head} does {kinds[0]} but {against} {kinds[1]}; compare heads of one kind")
    right = saved.head.task_.answers(labels)  # refuses labels the head cannot give, before embedding
    predicted = _predicted(saved, front, corpus, common)
    found = {
        "head": str(head),
        "encoder": front.encoder.spec,
        "aligner": str(front.aligner.folder) if front.aligner else None,
        **evaluate_head(saved.head.task_, labels, predicted, seed=common.seed),
        "skipped": corpus.skipped,
    }
    if rival is not None:
        as_saved = inference_front(rival, replace(common, encoder=None), None, YesNo.YES)
        other = _predicted(rival, as_saved, corpus, common)
        figures = evaluate_head(rival.head.task_, labels, other, seed=common.seed)
        found["against"] = {"head": str(against), **figures}
        found["significance"] = paired_significance(right, predicted, other, seed=common.seed)
    return Outcome(found)


def _predicted(saved: SavedHead, front: Front, corpus: Corpus, common: Common) -> Any:
    return saved.predict(
        front.features(corpus.texts, lambda side: stored_rows(side, front.encoder, common)[0])
    )

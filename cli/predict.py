"""``langalign predict``: one answer for each line of text, in a pipe or from a file."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from io import BufferedReader
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer

from langalign_cli import _render
from langalign_cli._command import Outcome
from langalign_cli._headed import AtInference, Front, HeadFolder, InferenceAligner, YesNo, inference_front
from langalign_cli._options import Common

if TYPE_CHECKING:
    from langalign.errors import DataError
    from langalign.heads import SavedHead
    from langalign.types import Rows, Text

BATCH_LINES = 512
"""The most lines that are answered together; enough to keep a model busy."""

READ_BYTES = 2**16

STANDARD_INPUT = Path("-")


def command(
    common: Common,
    head: HeadFolder,
    file: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="Texts, one a line, pairs with a tab between; without it, or -, standard input.",
        ),
    ] = None,
    aligner: InferenceAligner = None,
    aligner_at_inference: AtInference = YesNo.YES,
) -> Outcome:
    """Answer each line of text with one line of JSON, without waiting for the next lines.

    An answer has a label and the scores of all labels; where the head learned numbers, the label is one, and
    scores is null. An empty line is answered too, with null, so that answers and lines keep the same numbers.
    """
    from langalign.heads import load_head

    saved = load_head(head)
    answer = _Answerer(saved, inference_front(saved, common, aligner, aligner_at_inference), common)
    name, number = str(file or "standard input"), 1
    with _opened(file) as stream:
        for lines in read_lines(stream):
            texts, problem = _texts(lines, saved, name, number)
            for one in answer(texts):
                _render.json_line(one)
            sys.stdout.flush()
            if problem:
                raise problem
            number += len(lines)
    return Outcome({}, streamed=True)


def read_lines(stream: BufferedReader) -> Iterator[list[bytes]]:
    """Read lines as they come, so that neither a slow writer nor a fast one waits.

    :param stream: Bytes.
    :yield: The lines that are there, without their ends; at most :data:`BATCH_LINES`.
    """
    rest = b""
    while chunk := stream.read1(READ_BYTES):
        *lines, rest = (rest + chunk).split(b"\n")
        for start in range(0, len(lines), BATCH_LINES):
            yield lines[start : start + BATCH_LINES]
    if rest:
        yield [rest]


class _Answerer:
    """Answers texts, keeping the store open from batch to batch."""

    def __init__(self, saved: SavedHead, front: Front, common: Common) -> None:
        from langalign.store import Store

        self._saved, self._front = saved, front
        self._store = Store(common.cache, front.encoder.identity)

    def __call__(self, texts: Sequence[Text | None]) -> list[dict[str, Any]]:
        present = [text for text in texts if text is not None]
        scores = iter(
            self._saved.scores(self._front.features(present, self._embed)).tolist() if present else ()
        )
        return [self._answer(None if text is None else next(scores)) for text in texts]

    def _embed(self, texts: Sequence[Text]) -> Rows:
        from langalign.store import fill

        fill(self._front.encoder, self._store, texts)
        return self._store.rows(texts)

    def _answer(self, scores: list[float] | None) -> dict[str, Any]:
        if scores is None:
            return {"label": None, "scores": None}
        labels = self._saved.head.labels_
        if not labels:
            return {"label": scores[0], "scores": None}
        return {"label": labels[scores.index(max(scores))], "scores": dict(zip(labels, scores, strict=True))}


def _opened(file: Path | None) -> AbstractContextManager[BufferedReader]:
    from langalign.errors import DataError

    if file is None or file == STANDARD_INPUT:
        return nullcontext(cast(BufferedReader, sys.stdin.buffer))
    try:
        return file.open("rb")
    except OSError as error:
        raise DataError(
            f"{file}: {error.strerror}; name a file of texts, or give them on standard input"
        ) from error


def _texts(
    lines: Sequence[bytes], saved: SavedHead, name: str, number: int
) -> tuple[list[Text | None], DataError | None]:
    """Decode lines up to the first that cannot be answered, and give what is wrong with that one."""
    from langalign.errors import DataError

    texts: list[Text | None] = []
    for place, line in enumerate(lines):
        try:
            texts.append(_text(line, saved, name, number + place))
        except DataError as error:
            return texts, error
    return texts, None


def _text(line: bytes, saved: SavedHead, name: str, number: int) -> Text | None:
    """Decode one line; None if there is nothing on it."""
    from langalign.errors import DataError

    try:
        text = line.decode("utf-8-sig" if number == 1 else "utf-8").removesuffix("\r")
    except UnicodeDecodeError as error:
        raise DataError(f"{name}, line {number}: is not UTF-8 ({error.reason}); convert it") from error
    if not text.strip():
        return None
    if saved.pair_features is None:
        return text
    one, tab, other = text.partition("\t")
    if not tab or "\t" in other or not one.strip() or not other.strip():
        raise DataError(f"{name}, line {number}: the head takes pairs, two texts with one tab between")
    return one, other

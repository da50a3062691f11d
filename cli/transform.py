"""``langalign transform``: a saved aligner on texts or on ready vectors."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langalign_cli._aligned import moved_side_encoder
from langalign_cli._command import Outcome
from langalign_cli._options import Common, Reading, TextColumns
from langalign_cli._stored import stored_rows

if TYPE_CHECKING:
    from langalign.aligners import SavedAligner
    from langalign.types import Rows, Text


def command(
    data: Annotated[
        str, typer.Argument(metavar="DATA", help="Texts, or vectors as FILE.npy, .parquet or .h5.")
    ],
    common: Common,
    columns: TextColumns,
    reading: Reading,
    aligner: Annotated[Path, typer.Option(metavar="DIR", help="Folder of the aligner.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="FILE.npy, FILE.parquet or FILE.h5.")],
) -> Outcome:
    """Carry texts or ready vectors over with a saved aligner."""
    from langalign.aligners import load_aligner
    from langalign.store.vector_file import require_ending, write_vectors

    require_ending(out)
    loaded = load_aligner(aligner)
    rows, texts = _rows(data, loaded, common, columns, reading)
    vectors = loaded.transform(rows)
    write_vectors(out, vectors, texts)
    return Outcome({"rows": len(vectors), "width": vectors.shape[1], "out": str(out)})


def _rows(
    data: str, loaded: SavedAligner, common: Common, columns: TextColumns, reading: Reading
) -> tuple[Rows, Sequence[Text] | None]:
    """Read vectors where DATA is a file of vectors, else embed its texts."""
    from langalign.store.vector_file import holds_vectors, read_vectors, recorded_fingerprint

    if holds_vectors(Path(data)):
        vectors = read_vectors(Path(data))
        _require_own(data, recorded_fingerprint(Path(data)), loaded)
        return vectors, None
    from langalign.corpora import read_texts

    encoder = moved_side_encoder(loaded, common)
    texts = read_texts(data, columns.options(reading)).texts
    return stored_rows(texts, encoder, common)[0], texts


def _require_own(data: str, fingerprint: str, loaded: SavedAligner) -> None:
    """Refuse vectors that their file says are of another encoder than the aligner's."""
    from langalign.errors import IdentityError

    fitted = loaded.encoder(loaded.moves)
    if fingerprint not in ("", fitted["fingerprint"]):
        raise IdentityError(
            f"{data}: holds vectors of the encoder identity {fingerprint}, but the aligner was fitted on "
            f"{fitted['spec']} ({fitted['fingerprint']}); export those, or fit an aligner on these"
        )

"""``langalign transform``: a saved aligner on texts or on ready vectors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langalign_cli._aligned import moved_side_encoder
from langalign_cli._command import Outcome
from langalign_cli._options import Common, Reading, TextColumns
from langalign_cli._stored import stored_rows

if TYPE_CHECKING:
    from langalign.aligners import SavedAligner
    from langalign.corpora import Corpus
    from langalign.store.vector_file import Origin
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
    """Carry texts or ready vectors over with a saved aligner; an --out of Parquet holds the texts too."""
    from langalign.aligners import load_aligner
    from langalign.store.vector_file import PARQUET, holds_vectors, require_ending, write_vectors

    require_ending(out)
    _require_apart(data, out)
    loaded = load_aligner(aligner)
    if holds_vectors(Path(data)):
        rows, texts = _ready(Path(data), loaded, with_texts=out.suffix == PARQUET)
        skipped = 0
    else:
        rows, corpus = _embedded(data, loaded, common, columns, reading)
        texts, skipped = corpus.texts, corpus.skipped
    vectors = loaded.transform(rows)
    write_vectors(out, vectors, texts, aligner=aligner.resolve().name)
    return Outcome({"rows": len(vectors), "width": vectors.shape[1], "skipped": skipped, "out": str(out)})


def _require_apart(data: str, out: Path) -> None:
    """Refuse to write over DATA: other columns, and texts beside an array, would be lost."""
    from langalign.errors import DataError
    from langalign.store.vector_file import sidecars

    if Path(data).resolve() in [path.resolve() for path in (out, *sidecars(out))]:
        raise DataError(f"{data}: would be lost, as --out {out} takes its place; choose another --out")


def _ready(file: Path, loaded: SavedAligner, *, with_texts: bool) -> tuple[Rows, list[Text] | None]:
    """Read vectors, and the texts that the file tells, if they are asked for."""
    from langalign.store.formats import read_row_texts
    from langalign.store.vector_file import read_vectors, recorded_origin

    vectors = read_vectors(file)
    _require_own(file, recorded_origin(file), loaded)
    return vectors, read_row_texts(file, len(vectors)) if with_texts else None


def _embedded(
    data: str, loaded: SavedAligner, common: Common, columns: TextColumns, reading: Reading
) -> tuple[Rows, Corpus]:
    """Read texts and embed them."""
    from langalign.corpora import read_texts

    encoder = moved_side_encoder(loaded, common)
    corpus = read_texts(data, columns.options(reading))
    return stored_rows(corpus.texts, encoder, common)[0], corpus


def _require_own(data: Path, origin: Origin, loaded: SavedAligner) -> None:
    """Refuse vectors that their file says are moved already, or of another encoder than the aligner's."""
    from langalign.errors import IdentityError

    if origin.aligner:
        raise IdentityError(
            f"{data}: holds vectors that went through the aligner {origin.aligner} already; "
            f"give {loaded.folder} those of its encoder"
        )

    fitted = loaded.encoder(loaded.moves)
    if origin.fingerprint not in ("", fitted["fingerprint"]):
        raise IdentityError(
            f"{data}: holds vectors of the encoder identity {origin.fingerprint}, but the aligner was fitted "
            f"on {fitted['spec']} ({fitted['fingerprint']}); export those, or fit an aligner on these"
        )

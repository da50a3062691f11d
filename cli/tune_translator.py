"""``langalign tune-translator``: pairs make a translator of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from langalign_cli import _render
from langalign_cli._command import Outcome
from langalign_cli._options import Common, Data, PairColumns, PairsLimit, Reading, Target
from langalign_cli._stored import drawn_rows


def command(
    data: Data,
    common: Common,
    columns: PairColumns,
    reading: Reading,
    model: Annotated[
        str, typer.Option(metavar="NAME", help="Folder or hub name of a sequence-to-sequence model.")
    ],
    to: Annotated[str, typer.Option(metavar="LANG", help="Language of the target side: ko, or Korean.")],
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the tuned model; the same command resumes.")
    ],
    target: Target = None,
    source_language: Annotated[str, typer.Option(metavar="LANG", help="Language of the source side.")] = "en",
    pairs_limit: PairsLimit = None,
    preset: Annotated[str, typer.Option(help="Named options: default or paper.")] = "default",
    option: Annotated[
        list[str] | None,
        typer.Option(
            "--option", "-O", metavar="NAME=VALUE", help="An option, such as epochs=3 or learning_rate=3e-4."
        ),
    ] = None,
) -> Outcome:
    """Fine-tune a translator on pairs. Can be killed and run again; it goes on from the last epoch."""
    from langalign.corpora import read_pairs
    from langalign.errors import SpecError
    from langalign.part_options import parse_assignments
    from langalign.translation import tune_translator

    if common.encoder:
        raise SpecError(f"--encoder {common.encoder} is not used here; name what to tune with --model")
    options = parse_assignments(option or [])
    pairs = read_pairs(data, target, columns.options(reading))
    drawn = drawn_rows(len(pairs), pairs_limit, common.seed)
    sides = [
        [text for text in map(side.__getitem__, drawn) if isinstance(text, str)]
        for side in (pairs.source, pairs.target)
    ]
    if len(sides[0]) < len(drawn):
        raise SpecError("a translator learns single texts, not sentence pairs; leave out the pair columns")
    with _render.progress("tune translator", "updates", quiet=common.quiet) as progress:
        tuned = tune_translator(
            *sides,
            model=model,
            to=to,
            out=out,
            source_language=source_language,
            preset=preset,
            options=options,
            seed=common.seed,
            device=common.device,
            progress=progress,
        )
    return Outcome({**tuned.to_json(), "skipped": pairs.skipped, "out": str(out)})

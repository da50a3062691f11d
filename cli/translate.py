"""``langalign translate``: texts become pairs, and no answer is paid for twice."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langalign import registry
from langalign_cli import _render
from langalign_cli._command import Outcome
from langalign_cli._options import Common, Data, Reading, TextColumns
from langalign_cli._paid import ConfirmAbove, Yes, confirm

if TYPE_CHECKING:
    from langalign.corpora import Corpus
    from langalign.translation import Translated
    from langalign.translation.base import Translator
    from langalign.types import Progress


def command(
    data: Data,
    common: Common,
    columns: TextColumns,
    reading: Reading,
    to: Annotated[str, typer.Option(metavar="LANG", help="Language to translate into: ko, or Korean.")],
    out: Annotated[Path, typer.Option(metavar="FILE", help="FILE.jsonl or FILE.tsv for the pairs.")],
    translator: Annotated[
        str,
        typer.Option(
            metavar="SPEC",
            help=f"openai:MODEL or seq2seq:FOLDER, options in brackets; one of: "
            f"{', '.join(registry.names('translators'))}.",
        ),
    ] = "openai:gpt-4-turbo-preview",
    source_language: Annotated[str, typer.Option(metavar="LANG", help="Language of the texts.")] = "en",
    prompt: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Request in place of the paper's: a user message, or a .json list of messages, with {text} "
            "and, if wanted, {language}.",
        ),
    ] = None,
    temperature: Annotated[float | None, typer.Option(help="Of chat models; the paper's is 1.0.")] = None,
    memory: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Translation memory; by default translations.sqlite in --cache."),
    ] = None,
    concurrency: Annotated[int, typer.Option(min=1, help="Requests in flight at a time.")] = 8,
    attempts: Annotated[
        int,
        typer.Option(min=1, help="Answers that a text may get, in all runs together, until it is given up."),
    ] = 5,
    max_cost: Annotated[
        float | None, typer.Option(min=0, help="Stop before this run costs more US dollars.")
    ] = None,
    price_in: Annotated[
        float | None, typer.Option(min=0, help="US dollars for a million tokens read.")
    ] = None,
    price_out: Annotated[
        float | None, typer.Option(min=0, help="US dollars for a million tokens written.")
    ] = None,
    confirm_above: ConfirmAbove = 1.0,
    yes: Yes = False,
    label_column: Annotated[
        str | None,
        typer.Option(
            help="Column, by name or by number from 1, to keep as the pairs' label.",
            rich_help_panel="Reading DATA",
        ),
    ] = None,
) -> Outcome:
    """Translate texts into pairs. Can be interrupted and run again; no answer is paid for twice."""
    from langalign.corpora import read_texts
    from langalign.errors import SpecError
    from langalign.translation import MEMORY, Prices, build, check_ending, check_fits, translate
    from langalign.types import parts

    if common.encoder:
        raise SpecError(
            f"--encoder {common.encoder} is not used here; name what translates with --translator"
        )
    check_ending(out)
    if (price_in is None) != (price_out is None):
        raise SpecError("--price-in and --price-out go together; give both")
    given = {"prompt": prompt, "temperature": temperature}
    options = {name: str(value) for name, value in given.items() if value is not None}
    built = build(translator, options=options, device=common.device)
    labels = label_column is not None
    corpus = read_texts(data, columns.options(reading, labels=labels, label_column=label_column))
    texts = [side for text in corpus.texts for side in parts(text)]
    check_fits(out, texts)
    with ExitStack() as stack:
        done = translate(
            texts,
            built,
            to=to,
            source_language=source_language,
            memory=memory or common.cache / MEMORY,
            attempts=attempts,
            concurrency=concurrency,
            max_cost=max_cost,
            prices=None if price_in is None or price_out is None else Prices(price_in, price_out),
            confirm=lambda estimate: confirm(estimate, built, confirm_above, yes=yes, quiet=common.quiet),
            progress=None if common.quiet else _late_bar(stack),
        )
    return _outcome(done, corpus, built, out)


def _late_bar(stack: ExitStack) -> Progress:
    """Draw the bar when something is done: a question may come before."""
    bars: list[Progress | None] = []

    def tell(done: int, total: int) -> None:
        if not bars:
            bars.append(stack.enter_context(_render.progress("translate", "texts", quiet=False)))
        if bars[0]:
            bars[0](done, total)

    return tell


def _outcome(done: Translated, corpus: Corpus, translator: Translator, out: Path) -> Outcome:
    """Write the rows that have their translations, and tell about the others."""
    from langalign.translation import write_pairs

    columns = pair_columns(corpus, done.texts)
    if columns["target"]:
        write_pairs(out, columns)
    figures = {
        **done.to_json(),
        "rows": len(columns["target"]),
        "skipped": corpus.skipped,
        "translator": translator.spec,
        "out": str(out) if columns["target"] else None,
    }
    if not done.failed:
        return Outcome(figures)
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in done.problems.items())
    reasons = [one for one in (done.stopped, done.last_failure, done.rejection) if one]
    if not reasons and not translator.deterministic:
        reasons = ["more --attempts ask for them again"]
    return Outcome(
        figures,
        failure=f"{done.failed:,} of {len(done.texts):,} texts have no translation ({kinds}) and are left out"
        + "".join(f"; {reason}" for reason in reasons),
    )


def pair_columns(corpus: Corpus, translations: Sequence[str | None]) -> dict[str, list[str]]:
    """Put texts and translations side by side; a row that lacks one is left out.

    :param corpus: ``N`` texts, or sentence pairs, with or without labels.
    :param translations: Of each text, or of both texts of each pair in turn.
    :return: ``source`` and ``target``, for pairs ``source_pair`` and ``target_pair`` as well, and ``label``
        where there are labels.
    """
    from langalign.types import parts

    pairs = not isinstance(corpus.texts[0], str)
    names = ["source", "source_pair", "target", "target_pair"] if pairs else ["source", "target"]
    labels = [] if corpus.labels is None else ["label"]
    rows = []
    for row, text in enumerate(corpus.texts):
        sides = parts(text)
        translated = translations[row * len(sides) : (row + 1) * len(sides)]
        found = [one for one in translated if one is not None]
        if len(found) == len(sides):
            rows.append([*sides, *found, *(corpus.labels[row] for _ in labels if corpus.labels)])
    return {name: [cells[place] for cells in rows] for place, name in enumerate([*names, *labels])}

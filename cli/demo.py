"""``langalign demo``: the main job on the bundled sample, with the commands to type."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer

from langalign_cli import _render, cosine_report, embed, evaluate, fit_aligner, fit_head
from langalign_cli._command import Outcome
from langalign_cli._options import Common, PairColumns, Reading, TextColumns

LANGUAGES = ("ko", "ja", "zh")


def command(
    common: Common,
    out: Annotated[Path, typer.Option(help="Folder for the aligner, the head and the report.")] = Path(
        "demo"
    ),
    to: Annotated[str, typer.Option(help=f"Language to serve: {', '.join(LANGUAGES)}.")] = "ko",
    aligner: Annotated[str, typer.Option(help="Aligner to fit.")] = "linear",
) -> Outcome:
    """Do the main job on the bundled sample: embed, fit, report, head, evaluate."""
    from langalign.errors import SpecError

    if to not in LANGUAGES:
        raise SpecError(f"the sample has no language {to!r}; choose one of: {', '.join(LANGUAGES)}")
    steps = _Steps(common)
    pairs = ("sample-nli:train.en/sentences", f"sample-nli:train.{to}/sentences")
    test = ("sample-sentiment:test.en", f"sample-sentiment:test.{to}")
    labelled = "sample-sentiment:train.en"
    aligner_folder, head_folder, plain_folder = out / "aligner", out / "head", out / "english-only-head"
    steps.run(
        "embed",
        embed.command,
        [*pairs, *test, labelled],
        data=[*pairs, *test, labelled],
        columns=TextColumns(),
    )
    steps.run(
        "fit_aligner",
        fit_aligner.command,
        [*pairs, "--aligner", aligner, "--out", aligner_folder],
        data=pairs[0],
        target=pairs[1],
        columns=PairColumns(),
        aligner=aligner,
        out=aligner_folder,
    )
    steps.run(
        "cosine_report",
        cosine_report.command,
        [*test, "--aligner", aligner_folder, "--out", out / "report"],
        data=test[0],
        target=test[1],
        columns=PairColumns(),
        aligner=[aligner_folder],
        out=out / "report",
    )
    steps.run(
        "fit_head",
        fit_head.command,
        [labelled, "--aligner", aligner_folder, "--head", "linear", "--out", head_folder],
        data=labelled,
        columns=TextColumns(),
        head="linear",
        aligner=aligner_folder,
        out=head_folder,
    )
    steps.run(
        "fit_head",
        fit_head.command,
        [labelled, "--head", "linear", "--out", plain_folder],
        data=labelled,
        columns=TextColumns(),
        head="linear",
        out=plain_folder,
    )
    steps.run(
        "evaluate",
        evaluate.command,
        [test[1], "--head", head_folder, "--against", plain_folder],
        data=test[1],
        columns=TextColumns(),
        head=head_folder,
        against=plain_folder,
    )
    return Outcome(steps.found, streamed=not common.json)


class _Steps:
    """Runs commands one after another, showing each as one would type it."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self.found: dict[str, Any] = {}

    def run(self, name: str, command: Callable[..., Outcome], words: list[Any], **arguments: Any) -> None:
        """Run one command on the sample and keep its figures."""
        typed = " ".join(map(str, ["langalign", name.replace("_", "-"), *words]))
        _render.note(f"\n$ {typed}", quiet=self._common.quiet)
        outcome = command(common=replace(self._common, json=False), reading=Reading(), **arguments)
        self.found.setdefault(name, outcome.data)
        if not self._common.json:
            _render.show(outcome.data, as_json=False)

"""``langalign demo``: the main job on the bundled sample, with the commands to type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any

import typer

from langalign_cli import _render, cosine_report, embed, evaluate, fit_aligner, fit_head
from langalign_cli._command import Outcome
from langalign_cli._options import Common, PairColumns, Reading, TextColumns

LANGUAGES = ("ko", "ja", "zh")
POSITIONAL = ("data", "target")


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
    steps.run(embed, TextColumns(), data=[*pairs, *test, labelled])
    steps.run(fit_aligner, PairColumns(), data=pairs[0], target=pairs[1], aligner=aligner, out=aligner_folder)
    steps.run(
        cosine_report,
        PairColumns(),
        data=test[0],
        target=test[1],
        aligner=[aligner_folder],
        out=out / "report",
    )
    steps.run(fit_head, TextColumns(), data=labelled, aligner=aligner_folder, head="linear", out=head_folder)
    steps.run(fit_head, TextColumns(), data=labelled, head="linear", out=plain_folder)
    steps.run(evaluate, TextColumns(), data=test[1], head=head_folder, against=plain_folder)
    return Outcome(steps.found, streamed=not common.json)


class _Steps:
    """Runs commands one after another, showing each as one would type it."""

    def __init__(self, common: Common) -> None:
        self._common = common
        self.found: dict[str, Any] = {}

    def run(self, step: ModuleType, columns: TextColumns | PairColumns, **arguments: Any) -> None:
        """Run one command on the sample and keep its figures."""
        name = step.__name__.rpartition(".")[2]
        typed = " ".join(["langalign", name.replace("_", "-"), *_words(arguments)])
        _render.note(f"\n$ {typed}", quiet=self._common.quiet)
        common = replace(self._common, json=False)
        outcome: Outcome = step.command(common=common, reading=Reading(), columns=columns, **arguments)
        self.found.setdefault(name, outcome.data)
        if not self._common.json:
            _render.show(outcome.data, as_json=False)


def _words(arguments: Mapping[str, Any]) -> Iterator[str]:
    """Spell out a command's arguments as one types them."""
    for name, value in arguments.items():
        for one in value if isinstance(value, list) else [value]:
            yield from [str(one)] if name in POSITIONAL else [f"--{name.replace('_', '-')}", str(one)]

"""What is asked before a service is paid."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from langalign_cli import _render

if TYPE_CHECKING:
    from langalign.translation import Estimate
    from langalign.translation.base import Translator

ConfirmAbove = Annotated[
    float, typer.Option(min=0, help="Ask before a run is estimated to cost more US dollars.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def confirm(estimate: Estimate, translator: Translator, limit: float, *, yes: bool, quiet: bool) -> None:
    """Show what a paid run will take, and ask where it is dear; without a terminal, refuse.

    :param estimate: What it will take.
    :param translator: Who is paid, if anyone.
    :param limit: US dollars above which it is dear.
    :param yes: Go on without asking.
    :param quiet: Show nothing unless something is asked.
    :raises SpecError: If the answer is no, or there is nobody to ask.
    """
    from langalign.errors import SpecError

    if not translator.paid:
        return
    cost = "at unknown prices" if estimate.cost is None else f"about ${estimate.cost:,.2f}"
    line = (
        f"{estimate.texts:,} texts to translate with {translator.name}, {cost} "
        f"({estimate.tokens_in:,} tokens in, {estimate.tokens_out:,} out)"
    )
    dear = translator.metered if estimate.cost is None else estimate.cost > limit
    if yes or not dear:
        _render.note(line, quiet=quiet)
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SpecError(f"{line}, above --confirm-above {limit:g}; give --yes to go on. Nothing was sent")
    if not typer.confirm(f"{line}. Go on?", err=True):
        raise SpecError("not confirmed; nothing was sent")

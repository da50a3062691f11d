"""Everything that ``langalign`` can be asked for."""

from __future__ import annotations

from importlib import import_module
from importlib.metadata import version
from typing import Annotated

import typer

from langalign_cli._command import register

COMMANDS = (
    "translate",
    "tune-translator",
    "embed",
    "fit-aligner",
    "cosine-report",
    "transform",
    "tune-encoder",
    "fit-head",
    "evaluate",
    "predict",
    "experiment",
    "demo",
)
CACHE_COMMANDS = ("list", "verify", "compact", "export", "import")

app = typer.Typer(
    name="langalign",
    help="Carry embeddings of one language onto another's; embed each text once.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cache_app = typer.Typer(help="Look after the stored vectors.", no_args_is_help=True)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"langalign {version('langalign')}")
        raise typer.Exit


@app.callback()
def _top(
    show_version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version.")
    ] = False,
) -> None:
    """Carry embeddings of one language onto another's; embed each text once."""


for _name in COMMANDS:
    register(app, _name, import_module(f"langalign_cli.{_name.replace('-', '_')}").command)
for _name in CACHE_COMMANDS:
    register(cache_app, _name, getattr(import_module("langalign_cli.cache"), f"{_name}_stores"))
app.add_typer(cache_app, name="cache")

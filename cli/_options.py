"""The options that commands share, as groups; see :func:`langalign_cli._command.register`."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from langalign.cache import CACHE_VARIABLE, DEFAULT_CACHE, cache_folder
from langalign_cli import _render

if TYPE_CHECKING:
    from langalign.corpora import ReadOptions

DEFAULT_ENCODER = "use-multilingual"

_COMMON = "Common"
_COLUMNS = "Reading DATA"

Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA", help="A file, a dataset such as sample-sentiment:train.en, or hf:owner/name:split."
    ),
]
Target = Annotated[
    str | None,
    typer.Argument(metavar="[TARGET]", help="The other side, row by row, where DATA holds one side only."),
]
TargetEncoder = Annotated[
    str | None, typer.Option(metavar="SPEC", help="Encoder of the target side, if it is another one.")
]
Limit = Annotated[int | None, typer.Option(min=1, help="Use N rows, drawn at random by --seed.")]
PairsLimit = Annotated[int | None, typer.Option(min=1, help="Use N pairs, drawn at random by --seed.")]


def _cache_folder(given: str | Path) -> Path:
    """Read the cache's folder; an empty name would be taken for the working folder."""
    if given == "":
        _render.error("--cache is empty; name the folder of stored vectors")
        raise typer.Exit(1)
    return cache_folder(given)


def _known_device(given: str) -> str:
    if not re.fullmatch(r"auto|cpu|cuda(:\d{1,4})?", given):
        raise typer.BadParameter(f"{given!r} is no device; give auto, cpu, cuda or cuda:I")
    return given


@dataclass(frozen=True)
class Common:
    """What every command takes."""

    cache: Annotated[
        Path,
        typer.Option(
            envvar=CACHE_VARIABLE,
            parser=_cache_folder,
            metavar="DIR",
            help="Folder of stored vectors.",
            rich_help_panel=_COMMON,
        ),
    ] = DEFAULT_CACHE
    encoder: Annotated[
        str | None,
        typer.Option(
            metavar="SPEC",
            help=f"Encoder, such as transformers:NAME\\[pooling=mean]; by default the one an aligner or head "
            f"was fitted with, else LANGALIGN_ENCODER, else {DEFAULT_ENCODER}.",
            rich_help_panel=_COMMON,
        ),
    ] = None
    seed: Annotated[
        int,
        typer.Option(min=0, max=2**32 - 1, help="Seed of everything random.", rich_help_panel=_COMMON),
    ] = 0
    device: Annotated[
        str,
        typer.Option(
            callback=_known_device,
            metavar="DEVICE",
            help="auto, cpu, cuda or cuda:I.",
            rich_help_panel=_COMMON,
        ),
    ] = "auto"
    quiet: Annotated[
        bool, typer.Option("--quiet", "-q", help="Show no progress.", rich_help_panel=_COMMON)
    ] = False
    json: Annotated[bool, typer.Option("--json", help="Print one JSON object.", rich_help_panel=_COMMON)] = (
        False
    )

    def encoder_spec(self, recorded: str | None = None) -> str:
        """Choose the encoder: the option, the one recorded with a part, the environment, the default.

        :param recorded: SPEC in the folder of an aligner or head.
        :return: A SPEC.
        """
        return self.encoder or recorded or os.environ.get("LANGALIGN_ENCODER") or DEFAULT_ENCODER


@dataclass(frozen=True)
class Reading:
    """How files and datasets are read."""

    data_dir: Annotated[
        Path | None,
        typer.Option(envvar="LANGALIGN_DATA", help="Folder of public datasets.", rich_help_panel=_COLUMNS),
    ] = None
    header: Annotated[
        bool | None,
        typer.Option(
            "--header/--no-header", help="Whether tsv and csv name their columns.", rich_help_panel=_COLUMNS
        ),
    ] = None
    quoting: Annotated[
        bool | None,
        typer.Option(
            "--quoting/--no-quoting",
            help="Whether quotes enclose fields (csv: yes, tsv: no).",
            rich_help_panel=_COLUMNS,
        ),
    ] = None
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Leave bad rows out and count them.", rich_help_panel=_COLUMNS)
    ] = False


_COLUMN = "Column, by name or by number from 1"


@dataclass(frozen=True)
class TextColumns:
    """Which columns hold texts."""

    text_column: Annotated[
        str | None, typer.Option(help=f"{_COLUMN}, of the text.", rich_help_panel=_COLUMNS)
    ] = None
    pair_column: Annotated[
        str | None,
        typer.Option(help=f"{_COLUMN}, of the second text of a sentence pair.", rich_help_panel=_COLUMNS),
    ] = None

    def options(
        self, reading: Reading, *, labels: bool = False, label_column: str | None = None
    ) -> ReadOptions:
        """Join the choices into what the readers take.

        :param reading: How to read.
        :param labels: Whether labels are needed; without it no label is looked at.
        :param label_column: Where they are, if not where they usually are.
        :return: The readers' options.
        """
        from langalign.corpora import ReadOptions

        return ReadOptions(
            text_column=self.text_column,
            pair_column=self.pair_column,
            labels=labels,
            label_column=label_column,
            header=reading.header,
            quoting=reading.quoting,
            skip_bad=reading.skip_bad,
            data_dir=reading.data_dir,
        )


@dataclass(frozen=True)
class PairColumns:
    """Which columns hold the two sides of aligned pairs."""

    source_column: Annotated[
        str | None, typer.Option(help=f"{_COLUMN}, of the source side.", rich_help_panel=_COLUMNS)
    ] = None
    target_column: Annotated[
        str | None, typer.Option(help=f"{_COLUMN}, of the target side.", rich_help_panel=_COLUMNS)
    ] = None
    source_pair_column: Annotated[
        str | None,
        typer.Option(help=f"{_COLUMN}, of the source side's second text.", rich_help_panel=_COLUMNS),
    ] = None
    target_pair_column: Annotated[
        str | None,
        typer.Option(help=f"{_COLUMN}, of the target side's second text.", rich_help_panel=_COLUMNS),
    ] = None

    def options(self, reading: Reading) -> ReadOptions:
        """Join the choices into what the readers take.

        :param reading: How to read.
        :return: The readers' options.
        """
        from langalign.corpora import ReadOptions

        return ReadOptions(
            source_column=self.source_column,
            target_column=self.target_column,
            source_pair_column=self.source_pair_column,
            target_pair_column=self.target_pair_column,
            header=reading.header,
            quoting=reading.quoting,
            skip_bad=reading.skip_bad,
            data_dir=reading.data_dir,
        )

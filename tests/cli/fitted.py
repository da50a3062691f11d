"""Fits an aligner on the bundled sample through the command line."""

from __future__ import annotations

from tests.cli.conftest import Command

PAIRS = ("sample-nli:train.en/sentences", "sample-nli:train.ko/sentences")
TEST = ("sample-sentiment:test.en", "sample-sentiment:test.ko")


def fit(langalign: Command, out: str, *more: object, aligner: str = "linear") -> dict[str, object]:
    return langalign(
        "fit-aligner", *PAIRS, "--aligner", aligner, "--out", out, "--json", "--quiet", *more
    ).json

"""Texts that bite: each comes through every command unchanged to the letter, or is refused in one line."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from langalign.corpora import read_texts
from langalign.encoders import build
from langalign.errors import LangalignError
from langalign.store import Store
from tests.torture.campaign import Campaign
from tests.torture.outcome import Outcome
from tests.torture.sandbox import Sandbox, sandbox
from tests.torture.trial import Tally

ENCODER = ("--encoder", "hashing[width=16]", "--quiet", "--json")
OTHERS = [f"film {number}" for number in range(12)]
TEXTS: Mapping[str, str] = {
    "empty": "",
    "white space": " \u3000\u00a0",
    "one megabyte": "word " * 200_000,
    "NUL": "a\0b",
    "lone surrogate": "a\ud800b",
    "mixed scripts": "Ελлин漢字한글हिन्दी",
    "right to left": "\u202eשלום\u202c עולם",
    "joined emoji": "👩\u200d👩\u200d👧\u200d👦 🏴\U000e0067\U000e0062\U000e007f",
    "composed": "\u00e9",
    "decomposed": "e\u0301",
    "compatibility form": "ﬁ①Å",
    "tab inside": "a\tb",
    "line inside": "a\nb",
    "CRLF inside": "a\r\nb",
    "lone CR": "a\rb",
    "quotes": 'say "hi", or ""',
    "byte-order mark": "\ufeffa",
    "line separators": "a\u2028b\u0085c\x0cd",
    "spaces around": "  a  ",
    "script tag": "<script>document.title='run'</script>",
    "template": "{{ 7 * 7 }} {% raw %} ${HOME} %s {0}",
    "markup of rich": "[bold]a[/bold] [/nothing]",
    "escape code": "\x1b[2J\x1b]0;title\x07",
    "like an option": "--help",
    "formula": "=cmd|' /C calc'!A0",
    "noncharacter": "a\uffff\U0010ffffb",
}


def attack(campaign: Campaign) -> Iterator[Outcome]:
    """Send each text through files, store, exports and a report."""
    box = sandbox()
    for form, write in FORMS.items():
        campaign.tell(f"hostile: texts that bite, as {form}")
        tally = Tally(f"hostile: texts that bite, as {form}")
        chosen = campaign.chance(form).sample([*TEXTS], campaign.scale(1, len(TEXTS)))
        kept = []
        for name in chosen:
            folder = campaign.folder / form / name.replace(" ", "-")
            folder.mkdir(parents=True)
            found = taken(box, folder, f"a.{form}", write, TEXTS[name])
            kept += [TEXTS[name]] if found is None else []
            tally.count(**found or {})
        folder = campaign.folder / form / "together"
        folder.mkdir()
        write(folder / f"a.{form}", [*kept, *OTHERS])
        tally.count(**carried(box, folder, f"a.{form}", [*kept, *OTHERS]))
        yield tally.outcome(f"{len(kept)} of {len(chosen)} taken, the others refused")


def taken(
    box: Sandbox, folder: Path, name: str, write: Callable[[Path, Sequence[str]], None], text: str
) -> dict[str, str | int] | None:
    """Embed a text among others.

    :return: None if it was read unchanged, else what :meth:`Tally.count` shall be told.
    """
    texts = [text, *OTHERS]
    try:
        write(folder / name, texts)
    except UnicodeEncodeError:
        return {}  # the form cannot hold it
    ended = box.run(folder, "embed", name, *ENCODER)
    if ended.complaint or ended.code:
        return {"unclear": ended.complaint}
    if name == "a.tsv" and "\n" in text:
        return {}  # which are two lines of tsv
    read = read_texts(str(folder / name)).texts
    return None if read == texts else {"wrong": 1, "failed": f"read as {read[0]!r:.60}"}


def carried(box: Sandbox, folder: Path, name: str, texts: Sequence[str]) -> dict[str, str | int]:
    """Hold what the store, an export and its import give against the encoder itself."""
    encoder = build("hashing[width=16]")
    expected = encoder.encode(texts)
    for command in (
        ("embed", name, *ENCODER),
        ("cache", "export", "--texts", name, "--out", "x.npy", *ENCODER),
        ("cache", "export", "--texts", name, "--out", "x.parquet", *ENCODER),
        ("cache", "import", "x.npy", "--cache", "other", *ENCODER),
        ("cosine-report", name, name, "--out", "report", *ENCODER),
        ("fit-aligner", name, name, "--aligner", "linear", "--out", "made", *ENCODER),
    ):
        ended = box.run(folder, *command)
        if ended.complaint:
            return {"unclear": f"{command[:2]}: {ended.complaint}"}
    try:
        for cache in ("cache", "other"):
            if not np.array_equal(Store(folder / cache, encoder.identity).vectors(texts), expected):
                return {"wrong": 1, "failed": f"other vectors in {cache}"}
    except LangalignError as error:
        return {"lost": 1, "failed": str(error)}
    return {}


def as_tsv(path: Path, texts: Sequence[str]) -> None:
    """Write a column without quoting."""
    path.write_bytes("\n".join(["text", *texts]).encode())


def as_csv(path: Path, texts: Sequence[str]) -> None:
    """Write a column as RFC 4180 has it."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, quoting=csv.QUOTE_ALL).writerows([text] for text in ("text", *texts))


def as_json_lines(path: Path, texts: Sequence[str]) -> None:
    """Write records; JSON can spell lone surrogates."""
    path.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))


def as_parquet(path: Path, texts: Sequence[str]) -> None:
    """Write a column."""
    pq.write_table(pa.table({"text": texts}), path)


FORMS: Mapping[str, Callable[[Path, Sequence[str]], None]] = {
    "tsv": as_tsv,
    "csv": as_csv,
    "jsonl": as_json_lines,
    "parquet": as_parquet,
}

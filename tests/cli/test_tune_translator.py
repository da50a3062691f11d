"""The command tune-translator."""

from __future__ import annotations

import json
from hashlib import blake2b
from pathlib import Path

import pytest

from langalign_cli._stored import drawn_rows
from tests.cli.conftest import Command
from tests.translation.small_t5 import save_small_t5

pytest.importorskip("sacrebleu")

SPELLED = dict(zip("abcdefgh", "가나다라마바사아", strict=True))
ROWS = [f"{one}{other}" for one in "abcdef" for other in "abcdefgh"]


def spelled(text: str) -> str:
    return "".join(map(SPELLED.__getitem__, text))


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    save_small_t5(tmp_path / "model")
    lines = [f"{text}\t{spelled(text)}" for text in ROWS]
    path = tmp_path / "pairs.tsv"
    path.write_text("\n".join(["source\ttarget", *lines]) + "\n", encoding="utf-8")
    return path


def test_pairs_make_a_translator(langalign: Command, pairs: Path) -> None:
    options = ("-O", "epochs=2", "-O", "learning_rate=0.01", "--pairs-limit", "40", "--seed", "5")
    command = ("tune-translator", pairs, "--model", "model", "--to", "ko", "--out", "out", *options, "--json")
    told, again = langalign(*command).json, langalign(*command).json
    assert (told, again["reused"]) == ({**again, "reused": False}, True)
    assert (told["pairs"], told["epochs"], told["out"]) == (40, 2, "out")
    assert 0 <= told["bleu"] <= 100
    assert 0 <= told["chrf"] <= 100
    assert told["seconds"] > 0
    record = json.loads((pairs.parent / "out" / "tuning.json").read_text())
    assert (record["seed"], record["prefix"]) == (5, "Translate into Korean: ")
    first = json.dumps([ROWS[:40], [spelled(text) for text in ROWS[:40]]]).encode()
    drawn = [[side[row] for row in drawn_rows(48, 40, 5)] for side in (ROWS, [*map(spelled, ROWS)])]
    digests = [blake2b(told, digest_size=16).hexdigest() for told in (first, json.dumps(drawn).encode())]
    assert [record["pairs_digest"] == digest for digest in digests] == [False, True]
    done = langalign(
        "translate", pairs, "--text-column", "source", "--to", "ko", "--translator", "seq2seq:out",
        "--out", "p.tsv", "--json",
    )  # fmt: skip
    assert (done.json["texts"], done.json["cost"]) == (48, 0)


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--preset", "best"), "TuneOptions has no preset 'best'; choose one of: default, paper"),
        (("--encoder", "hashing"), "--encoder hashing is not used here; name what to tune with --model"),
        (("-O", "epochs"), "option 'epochs' is not of the form NAME=VALUE"),
        (("-O", "epochs=x"), "epochs=x is of the wrong type"),
        (("--model", "nothing-here/./x"), "nothing-here"),
        (
            ("--source-pair-column", "1", "--target-pair-column", "2"),
            "learns single texts, not sentence pairs",
        ),
    ],
)
def test_mistakes_are_one_line(langalign: Command, pairs: Path, more: tuple[str, ...], message: str) -> None:
    basic = ("--model", "model", "--to", "ko", "--out", "out")
    assert message in langalign("tune-translator", pairs, *basic, *more).error

"""The command translate, against a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from langalign.corpora import read_pairs
from langalign_cli import _paid
from tests.cli.conftest import Command
from tests.loopback import KEY
from tests.translation.chat_server import TOKENS_IN, TOKENS_OUT, ChatServer, korean, serving

TEXTS = [f"This is sentence number {number}." for number in range(12)]
BASIC = ("--to", "ko", "--translator", "openai:small[backoff=0.001]")
PRICED = (*BASIC, "--price-in", "1", "--price-out", "2")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, langalign: Command, tmp_path: Path) -> Iterator[ChatServer]:
    """A server, and a file of texts."""
    (tmp_path / "texts.txt").write_text("\n".join([*TEXTS, TEXTS[0]]) + "\n")
    told = ChatServer()
    with serving(told) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        yield told


@pytest.mark.parametrize("out", ["pairs.tsv", "pairs.jsonl"])
def test_texts_become_pairs_that_fit_aligner_reads(
    langalign: Command, server: ChatServer, tmp_path: Path, out: str
) -> None:
    found = langalign("translate", "texts.txt", *PRICED, "--out", out, "--json").json
    assert (found["texts"], found["unique"], found["translated"]) == (13, 12, 13)
    assert (found["from_memory"], found["failed"], found["problems"]) == (0, 0, {})
    assert found["tokens"] == found["tokens_in"] + found["tokens_out"] == 12 * (TOKENS_IN + TOKENS_OUT)
    assert found["cost"] == pytest.approx(server.cost)
    assert found["estimate"]["texts"] == 12
    assert (found["rows"], found["out"]) == (13, out)
    pairs = read_pairs(out)
    assert pairs.source == [*TEXTS, TEXTS[0]]
    assert pairs.target == [korean(str(text)) for text in pairs.source]
    assert langalign("fit-aligner", out, "--aligner", "linear", "--out", "a", "-q").exit_code == 0
    again = langalign("translate", "texts.txt", *PRICED, "--out", out, "--json").json
    assert (again["from_memory"], again["cost"]) == (13, 0)
    assert sum(server.asked.values()) == 12
    assert (tmp_path / "cache" / "translations.sqlite").is_file()


def test_failed_rows_are_left_out_and_the_json_is_printed(langalign: Command, server: ChatServer) -> None:
    server.trouble = lambda text, nth: "refuse" if text == TEXTS[0] else "ok"
    done = langalign("translate", "texts.txt", *PRICED, "--out", "p.tsv", "--attempts", "2", "--json")
    assert done.exit_code == 1
    assert (done.json["failed"], done.json["problems"], done.json["rows"]) == (2, {"refused": 2}, 11)
    assert done.stderr.splitlines()[-1] == (
        "langalign: 2 of 13 texts have no translation (2 refused) and are left out; "
        "more --attempts ask for them again"
    )
    assert read_pairs("p.tsv").source == TEXTS[1:]


def test_what_the_service_has_against_a_text_is_told(langalign: Command, server: ChatServer) -> None:
    server.trouble = lambda text, nth: "400" if text == TEXTS[0] else "ok"
    done = langalign("translate", "texts.txt", *PRICED, "--out", "p.tsv", "--json")
    assert (done.exit_code, done.json["problems"], done.json["rows"]) == (1, {"rejected": 2}, 11)
    line = done.stderr.splitlines()[-1]
    assert "2 of 13 texts have no translation (2 rejected) and are left out; " in line
    assert "answered 400" in line
    assert "--attempts" not in line


def test_nothing_is_written_where_nothing_was_translated(
    langalign: Command, server: ChatServer, tmp_path: Path
) -> None:
    server.trouble = lambda text, nth: "same"
    done = langalign("translate", "texts.txt", *BASIC, "--out", "p.tsv", "--attempts", "1", "--json")
    assert (done.exit_code, done.json["out"], done.json["cost"]) == (1, None, None)
    assert not (tmp_path / "p.tsv").exists()


def test_the_cost_limit_stops_it_and_says_so(langalign: Command, server: ChatServer) -> None:
    limit = 5.5 * (TOKENS_IN + 2 * TOKENS_OUT) / 1e6
    done = langalign("translate", "texts.txt", *PRICED, "--out", "p.tsv", "--max-cost", limit, "--json")
    assert done.exit_code == 1
    assert done.json["cost"] == pytest.approx(server.cost)
    assert 0 < server.cost <= limit
    assert "could exceed max_cost=" in done.stderr
    assert done.json["stopped"]
    assert len(read_pairs("p.tsv")) == done.json["rows"] >= done.json["translated"] > 0


DEAR = (*BASIC, "--price-in", "1e6", "--price-out", "1e6", "--out", "p.tsv")


def test_a_dear_run_needs_a_yes(langalign: Command, server: ChatServer) -> None:
    line = langalign("translate", "texts.txt", *DEAR, "-q").error
    assert line.startswith("12 texts to translate with small, about $")
    assert line.endswith("above --confirm-above 1; give --yes to go on. Nothing was sent")
    assert not server.asked
    assert langalign("translate", "texts.txt", *DEAR, "--yes", "-q").exit_code == 0
    assert langalign("translate", "texts.txt", *DEAR, "-q").exit_code == 0  # all in the memory


@pytest.mark.parametrize("answer", [True, False])
def test_on_a_terminal_a_dear_run_asks(
    langalign: Command, server: ChatServer, monkeypatch: pytest.MonkeyPatch, answer: bool
) -> None:
    asked: list[str] = []

    class Terminal:
        def isatty(self) -> bool:
            return True

    class System:
        stdin = stderr = Terminal()

    def confirm(question: str, err: bool) -> bool:
        asked.append(question)
        return answer

    monkeypatch.setattr(_paid, "sys", System)
    monkeypatch.setattr(typer, "confirm", confirm)
    done = langalign("translate", "texts.txt", *DEAR, "-q")
    assert asked[0].endswith("Go on?")
    assert (done.exit_code, bool(server.asked)) == (0 if answer else 1, answer)
    assert answer or done.error == "not confirmed; nothing was sent"


def test_labels_and_sentence_pairs_are_kept(langalign: Command, server: ChatServer, tmp_path: Path) -> None:
    (tmp_path / "nli.tsv").write_text("one\tother\tlabel\nA dog.\tIt runs.\tyes\nA cat.\tA dog.\tno\n")
    columns = ("--text-column", "one", "--pair-column", "other", "--label-column", "label")
    server.trouble = lambda text, nth: "refuse" if text == "A cat." else "ok"
    found = langalign("translate", "nli.tsv", *BASIC, *columns, "--out", "p.jsonl", "--json", "--attempts", 1)
    assert (found.json["texts"], found.json["unique"], found.json["rows"]) == (4, 3, 1)
    assert [json.loads(line) for line in (tmp_path / "p.jsonl").read_text().splitlines()] == [
        {
            "source": "A dog.",
            "source_pair": "It runs.",
            "target": korean("A dog."),
            "target_pair": korean("It runs."),
            "label": "yes",
        }
    ]


def test_prompt_and_temperature_are_passed_on(langalign: Command, server: ChatServer, tmp_path: Path) -> None:
    (tmp_path / "prompt.txt").write_text("{language}: {text}")
    more = ("--prompt", "prompt.txt", "--temperature", "0", "--concurrency", "1")
    found = langalign("translate", "texts.txt", *BASIC, *more, "--out", "p.tsv", "--json").json
    assert server.requests[0]["messages"] == [{"role": "user", "content": f"Korean: {TEXTS[0]}"}]
    assert server.requests[0]["temperature"] == 0
    assert found["translator"] == "openai:small[backoff=0.001,prompt=prompt.txt,temperature=0.0]"


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--out", "p.csv"), r"p.csv: name a file that ends in .tsv or .jsonl"),
        (("--out", "p.tsv", "--price-in", "1"), "--price-in and --price-out go together; give both"),
        (("--out", "p.tsv", "--max-cost", "1"), "max_cost=1.0 cannot be kept"),
        (
            ("--out", "p.tsv", "--encoder", "hashing"),
            "--encoder hashing is not used here; name what translates",
        ),
        (("--out", "p.tsv", "--to", "ko-KRX"), "language 'ko-KRX' is unknown"),
        (("--out", "p.tsv", "--source-language", "ko"), "source and target language are both ko"),
        (
            ("--out", "p.tsv", "--translator", "bing:x"),
            "unknown translator 'bing'; choose one of: openai, seq2seq",
        ),
        (
            ("--out", "p.tsv", "--translator", "seq2seq:x", "--temperature", "1"),
            "seq2seq has no option 'temperature'",
        ),
    ],
)
def test_mistakes_are_one_line_and_nothing_is_sent(
    langalign: Command, server: ChatServer, more: tuple[str, ...], message: str
) -> None:
    assert message in langalign("translate", "texts.txt", *BASIC, *more).error
    assert not server.asked


def test_a_text_that_tsv_cannot_hold_is_told_before_it_is_paid_for(
    langalign: Command, server: ChatServer, tmp_path: Path
) -> None:
    (tmp_path / "texts.jsonl").write_text(json.dumps({"text": "two\nlines"}) + "\n")
    line = langalign("translate", "texts.jsonl", *BASIC, "--out", "p.tsv").error
    assert "write to p.jsonl" in line
    assert not server.asked
    assert langalign("translate", "texts.jsonl", *BASIC, "--out", "p.jsonl", "-q").exit_code == 0


def test_unknown_prices_are_asked_about_at_openai_alone(
    langalign: Command, server: ChatServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_BASE_URL")
    line = langalign("translate", "texts.txt", *BASIC, "--out", "p.tsv").error
    assert "at unknown prices" in line
    assert "Nothing was sent" in line

"""``predict``: an answer for each line, in order, as soon as it is asked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Command
from tests.cli.reviews import reviews


def test_each_line_gets_its_answer(langalign: Command, tmp_path: Path, head: Path) -> None:
    lines = [
        "a lovely film",
        "",
        "a boring film\r",
        "   ",
        "tabs\tare text here",
        "a lovely film",
        "last, no end",
    ]
    (tmp_path / "lines.txt").write_bytes(b"\xef\xbb\xbf" + "\n".join(lines).encode())
    from_file = langalign("predict", "--head", head, "lines.txt").stdout
    piped = langalign("predict", "--head", head, stdin="\n".join(lines)).stdout
    assert from_file == piped == langalign("predict", "--head", head, "-", stdin="\n".join(lines)).stdout
    answers = [json.loads(line) for line in piped.splitlines()]
    assert [answer["label"] is None for answer in answers] == [not line.strip() for line in lines]
    assert answers[0] == answers[5]
    assert (answers[0]["label"], answers[2]["label"]) == ("good", "bad")
    assert answers[0]["scores"]["good"] + answers[0]["scores"]["bad"] == pytest.approx(1)
    assert answers[0]["scores"]["good"] > 0.5


def test_lines_before_a_bad_one_are_answered(langalign: Command, tmp_path: Path, head: Path) -> None:
    (tmp_path / "lines.txt").write_bytes(b"a lovely film\na boring film\n\xff\na film\n")
    done = langalign("predict", "--head", head, "lines.txt")
    assert [json.loads(line)["label"] for line in done.stdout.splitlines()] == ["good", "bad"]
    assert (done.exit_code, "lines.txt, line 3: is not UTF-8" in done.stderr) == (1, True)


def test_nothing_asked_is_nothing_answered(langalign: Command, head: Path) -> None:
    done = langalign("predict", "--head", head, stdin="")
    assert (done.exit_code, done.stdout) == (0, "")


def test_many_lines_keep_their_order(langalign: Command, head: Path) -> None:
    texts = [text for text, _ in reviews(3000)]
    answers = langalign("predict", "--head", head, stdin="\n".join(texts) + "\n").stdout.splitlines()
    labels = [json.loads(answer)["label"] for answer in answers]
    assert labels == [label for _, label in reviews(3000)]


def test_an_answer_comes_before_the_next_line_is_written(langalign: Command, head: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "langalign_cli.main", "predict", "--head", head],
        cwd=head.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    for line, label in (("a superb film\n", "good"), ("a clumsy film\n", "bad")):
        process.stdin.write(line)
        process.stdin.flush()
        assert json.loads(process.stdout.readline())["label"] == label
    process.stdin.close()
    assert process.wait(60) == 0
    process.stdout.close()


def test_a_reader_that_goes_away_ends_it_quietly(langalign: Command, head: Path) -> None:
    text = "\n".join(text for text, _ in reviews(20_000))
    (head.parent / "many.txt").write_text(text)
    command = f"{sys.executable} -m langalign_cli.main predict --head head many.txt | head -n 3"
    done = subprocess.run(["/bin/sh", "-c", command], cwd=head.parent, capture_output=True, text=True)
    assert len(done.stdout.splitlines()) == 3
    assert done.stderr == ""

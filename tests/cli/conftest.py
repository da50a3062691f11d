"""The command line, in this process for speed or as a real one where that matters."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from langalign_cli.app import app
from tests.cli.reviews import reviews, write_tsv


@dataclass
class Result:
    """What a command did."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def json(self) -> dict[str, Any]:
        """Read the one JSON object of stdout."""
        content = json.loads(self.stdout)
        assert isinstance(content, dict)
        return content

    @property
    def error(self) -> str:
        """Give the one line of an error."""
        assert self.exit_code == 1
        assert self.stdout == ""
        (line,) = self.stderr.splitlines()
        assert line.startswith("langalign: ")
        return line.removeprefix("langalign: ")


Command = Callable[..., Result]


@pytest.fixture
def langalign(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command in this process, in the test's folder, with the hashing encoder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANGALIGN_ENCODER", "hashing[width=64]")

    def run(*arguments: object, stdin: str | None = None) -> Result:
        done = CliRunner().invoke(app, [str(one) for one in arguments], input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Result(done.exit_code, done.stdout, done.stderr)

    return run


@pytest.fixture
def langalign_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run a command as a real process, in the test's folder, with the hashing encoder."""
    monkeypatch.setenv("LANGALIGN_ENCODER", "hashing[width=64]")

    def run(*arguments: object, stdin: str | None = None) -> Result:
        done = subprocess.run(
            [sys.executable, "-m", "langalign_cli.main", *map(str, arguments)],
            cwd=tmp_path,
            input=stdin,
            capture_output=True,
            text=True,
        )
        return Result(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def train(tmp_path: Path) -> Path:
    return write_tsv(tmp_path / "train.tsv", "text\tlabel", reviews(120))


@pytest.fixture
def test(tmp_path: Path) -> Path:
    rows = reviews(40, start=500)
    rows[:4] = [(text, "bad") for text, _ in rows[:4]]  # two of them wrongly
    return write_tsv(tmp_path / "test.tsv", "text\tlabel", rows)


@pytest.fixture
def head(langalign: Command, train: Path) -> Path:
    assert langalign("fit-head", train, "--head", "linear", "--out", "head", "--quiet").exit_code == 0
    return train.parent / "head"


def fit_aligner(langalign: Command, folder: Path, *extra: object) -> Path:
    """Fit an aligner between texts and the same texts in another spelling."""
    source = [text for text, _ in reviews(80)]
    (folder / "source.txt").write_text("\n".join(source) + "\n")
    (folder / "target.txt").write_text("\n".join(text.replace("film", "movie") for text in source) + "\n")
    done = langalign(
        "fit-aligner", "source.txt", "target.txt", "--aligner", "linear", "--out", "aligner", "-q", *extra
    )
    assert done.exit_code == 0, done.stderr
    return folder / "aligner"

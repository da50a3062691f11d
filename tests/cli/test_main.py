"""What holds for every command: help, exit codes, one-line errors, interrupts, closed pipes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from langalign.store import verify
from langalign_cli.app import CACHE_COMMANDS, COMMANDS
from tests.cli.conftest import Command

ALL = [*[[name] for name in COMMANDS], *[["cache", name] for name in CACHE_COMMANDS]]


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_every_command_has_help_with_the_common_options(langalign: Command, command: list[str]) -> None:
    done = langalign(*command, "--help")
    assert done.exit_code == 0
    for option in ("--cache", "--encoder", "--seed", "--device", "--quiet", "--json"):
        assert option in done.stdout


def test_the_version_is_told(langalign: Command) -> None:
    assert langalign("--version").stdout == f"langalign {version('langalign')}\n"


def test_wrong_usage_exits_with_2(langalign: Command) -> None:
    assert langalign("embed").exit_code == 2
    assert langalign("embed", "x", "--no-such-option").exit_code == 2
    assert langalign("embed", "x", "--device", "graphics").exit_code == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["embed", "missing.txt"], "missing.txt"),
        (["embed", "empty.txt"], "empty.txt"),
        (["embed", "nothing:train"], "sample-sentiment"),
        (["embed", "texts.txt", "--encoder", "nothing"], "use-multilingual"),
        (["embed", "texts.txt", "--encoder", "hashing[wdth=3]"], "width"),
        (["embed", "texts.txt", "--encoder", "transformers:no/such-model"], "no/such-model"),
        (["fit-aligner", "texts.txt", "texts.txt", "--aligner", "nothing", "--out", "a"], "procrustes"),
        (["fit-aligner", "texts.txt", "more.txt", "--aligner", "linear", "--out", "a"], "more.txt"),
        (["fit-aligner", "texts.txt", "texts.txt", "--aligner", "linear", "--out", "a"], "cannot be split"),
        (["cosine-report", "texts.txt", "texts.txt", "--aligner", "missing"], "missing"),
        (["transform", "texts.txt", "--aligner", "missing", "--out", "a.npy"], "missing"),
    ],
    ids=" ".join,
)
def test_bad_input_is_one_line_and_exit_code_1(
    langalign: Command, tmp_path: Path, arguments: list[str], says: str
) -> None:
    (tmp_path / "empty.txt").write_text("")
    (tmp_path / "texts.txt").write_text("one\n")
    (tmp_path / "more.txt").write_text("one\ntwo\n")
    assert says in langalign(*arguments, "--quiet").error


def test_an_unreachable_embeddings_server_is_one_line_without_the_key(
    langalign: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "texts.txt").write_text("one\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://user:hidden@127.0.0.1:9/v1")
    error = langalign("embed", "texts.txt", "--encoder", "openai:m[max_retries=0]", "--quiet").error
    assert "127.0.0.1:9" in error
    assert "secret" not in error
    assert "hidden" not in error


def test_a_cache_that_cannot_be_written_is_one_line(langalign: Command, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("one\n")
    # A folder under a file cannot be made by anyone, root included.
    assert "cannot write" in langalign("embed", "texts.txt", "--cache", "texts.txt/cache", "--quiet").error


def test_errors_have_no_traceback_in_a_real_process(langalign_process: Command) -> None:
    assert "missing.txt" in langalign_process("embed", "missing.txt").error


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    command = f"{sys.executable} -m langalign_cli.main cache list --json | true"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (PermissionError(13, "Permission denied", "cache"), "cache: Permission denied"),
        (MemoryError("Unable to allocate 3 GiB"), "out of memory: Unable to allocate 3 GiB"),
        (MemoryError(), "out of memory"),
    ],
)
def test_what_the_system_refuses_is_one_line(
    langalign: Command, monkeypatch: pytest.MonkeyPatch, error: Exception, says: str
) -> None:
    def refuse(_: Path) -> list[Path]:
        raise error

    monkeypatch.setattr(verify, "store_folders", refuse)
    assert says in langalign("cache", "list").error


def test_figures_are_written_whatever_the_terminal_can_show(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "langalign_cli.main",
        "cache",
        "list",
        "--json",
        "--cache",
        b"\xff\xed\x95\x9c",
    ]
    for encoding in ("utf-8", "latin-1"):
        environment = {**os.environ, "PYTHONIOENCODING": encoding}
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=True)
        assert json.loads(done.stdout) == {"cache": "\udcff한", "stores": []}
        command_without_json = [part for part in command if part != "--json"]
        subprocess.run(command_without_json, cwd=tmp_path, env=environment, capture_output=True, check=True)

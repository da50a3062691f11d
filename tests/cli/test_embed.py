from __future__ import annotations

import re
from pathlib import Path

import pytest

from langalign_cli import _render
from tests.cli.conftest import Command


@pytest.fixture
def texts(tmp_path: Path) -> Path:
    path = tmp_path / "texts.txt"
    path.write_text("one\ntwo\nthree\none\n", encoding="utf-8")
    return path


def test_texts_are_embedded_once(langalign: Command, texts: Path) -> None:
    first = langalign("embed", texts, "--json", "--quiet").json
    assert (first["texts"], first["unique"], first["cached"], first["embedded"]) == (4, 3, 0, 3)
    assert first["texts_per_second"] == pytest.approx(4 / first["seconds"])
    assert first["wall_seconds"] >= first["seconds"] > 0
    second = langalign("embed", texts, "sample-sentiment:test.ko", "--json", "-q").json
    assert (second["texts"], second["cached"], second["embedded"]) == (100, 3, 96)
    assert Path(second["store"]).is_dir()


def test_figures_are_shown_to_the_eye(langalign: Command, texts: Path) -> None:
    done = langalign("embed", texts, "--quiet")
    assert done.exit_code == 0
    assert "texts per second" in done.stdout
    assert "embedded" in done.stdout


def test_a_log_gets_lines_with_rate_and_time_left(
    langalign: Command, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_render, "LINE_SECONDS", 0.0)
    done = langalign("embed", texts, "--json")
    assert done.json["embedded"] == 3
    assert re.search(r"^embed: 3 of 3 texts, [\d,]+/s, 0 s left$", done.stderr, re.MULTILINE)


def test_a_dry_run_stores_nothing(langalign: Command, texts: Path, tmp_path: Path) -> None:
    foreseen = langalign("embed", texts, "--dry-run", "--json", "--quiet").json
    assert (foreseen["dry_run"], foreseen["to_embed"], foreseen["cost"]) == (True, 3, None)
    assert not (tmp_path / "cache").exists()


def test_a_dry_run_with_a_paid_service_tells_the_price_without_asking(
    langalign: Command, texts: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    monkeypatch.setenv("OPENAI_BASE_URL", "http://127.0.0.1:9/v1")
    arguments = (
        "embed",
        texts,
        "--dry-run",
        "--json",
        "--quiet",
        "--encoder",
        "openai:text-embedding-3-small",
    )
    foreseen = langalign(*arguments, "--price", 0.02).json
    assert foreseen["cost"] == pytest.approx(foreseen["tokens"] * 0.02 / 1e6)
    assert foreseen["seconds"] is None


def test_skipped_rows_are_counted(langalign: Command, tmp_path: Path) -> None:
    (tmp_path / "gaps.txt").write_text("one\n\ntwo\n", encoding="utf-8")
    assert "line 2" in langalign("embed", "gaps.txt").error
    assert langalign("embed", "gaps.txt", "--skip-bad", "--json", "--quiet").json["skipped"] == 1


def test_columns_are_chosen_by_name_or_number(langalign: Command, tmp_path: Path) -> None:
    (tmp_path / "rows.tsv").write_text("id\treview\n1\tfine\n2\tgood\n", encoding="utf-8")
    for column in ("review", "2"):
        result = langalign("embed", "rows.tsv", "--text-column", column, "--json", "--quiet").json
        assert (result["texts"], result["unique"]) == (2, 2)
    assert "rows.tsv" in langalign("embed", "rows.tsv", "--text-column", "none").error

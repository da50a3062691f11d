"""Rows that a paid translator translates, with a server on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from langalign.corpora import read_texts
from langalign.errors import DataError
from langalign.experiments import costs, dry_run, load_spec, tabulate
from langalign.experiments._sources import flat, folded
from langalign.experiments.draws import head_order
from langalign.translation import MEMORY
from tests.experiments.scene import run, write_spec
from tests.loopback import KEY
from tests.translation import chat_server
from tests.translation.chat_server import TOKENS_IN, TOKENS_OUT, ChatServer, serving

QUICK = {"options": {"epochs": 1, "batch_size": 16, "max_length": 24}}


def test_a_translator_is_paid_once_and_only_for_the_rows_that_cells_need(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: dict[str, Any] = {
        "methods": ["translated", "linear"],
        "translation": {"translator": "openai:gpt-4o-mini", "to": "ko"},
        "pairs": {"translations": True, "sizes": [40]},
        "sizes": [50],
        "seeds": [0],
    }
    server = ChatServer()
    with serving(server) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        spec = load_spec(write_spec(tmp_path, **changes))
        places: dict[str, Any] = {"out": tmp_path / "out", "cache": tmp_path / "cache", "data_dir": None}
        told = dry_run(spec, **places, device="cpu")
        assert (told["to_translate"], told["to_embed"], server.asked) == (90, None, {})
        ran = run(tmp_path, **changes)
        assert set(server.charged.values()) == {1}
        assert len(server.charged) == 90  # 50 rows of the head, 40 pairs apart from them
        again = run(tmp_path, **changes)
        files = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*") if path.is_file()}
        wider = load_spec(write_spec(tmp_path, **{**changes, "sizes": [30, 50]}))
        after = [dry_run(one, **places, device="cpu") for one in (spec, wider)]
    for opened in (tmp_path / "small.yaml", tmp_path / "cache" / MEMORY):  # SQLite touches what it reads
        del files[opened]
    assert {path: path.stat().st_mtime_ns for path in files} == files
    told = [(one["to_translate"], one["translation_cost"], one["reused"], one["to_run"]) for one in after]
    assert told == [(0, 0, 2, 0), (0, 0, 2, 2)]
    assert [(one["aligners"], one["heads"], one["to_embed"]) for one in after] == [(0, 0, 0), (0, 2, 0)]
    assert set(server.charged.values()) == {1}
    assert (ran.reused, again.reused, again.results) == (0, 2, ran.results)
    rows = {row.method: row for row in costs(again, tabulate(again))}
    per_text = (TOKENS_IN * 0.15 + TOKENS_OUT * 0.6) / 1e6
    assert rows["translated"].dollars == pytest.approx(50 * per_text)
    assert rows["linear"].dollars == pytest.approx(40 * per_text)
    assert rows["linear"].tokens == pytest.approx(40 * (TOKENS_IN + TOKENS_OUT))


def test_held_out_pairs_of_a_translator_share_no_text_with_those_learned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [f"word {number} is {'here' if number % 3 else 'Here'}\t0" for number in range(60)]
    (tmp_path / "rows.tsv").write_text("\n".join(["text\tlabel", *rows]) + "\n")
    monkeypatch.setattr(chat_server, "korean", lambda text: f"단어 {int(text.split()[1]) // 2}입니다")
    with serving(ChatServer()) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        ran = run(
            tmp_path,
            task={"name": "cosine", "metric": "cosine"},
            source={"data": str(tmp_path / "rows.tsv")},
            test=None,
            native=None,
            translation={"translator": "openai:gpt-4o-mini", "to": "ko"},
            pairs={"translations": True, "sizes": [20, 40]},
            held_out={"rows": 15},
            methods=["linear"],
            sizes=None,
            seeds=[0, 1],
        )
    assert not ran.failures
    for cell in ran.cells:
        learned, measured = (
            set().union(*sides) for sides in (ran.bench.pair_texts(cell), ran.bench.held_out(cell))
        )
        assert not learned & measured
        assert "" not in learned | measured
        assert 0 < len(ran.bench.pair_rows(cell)) < cell.pairs  # two rows have one translation
        assert len(ran.bench.held_out_rows(cell)) == 15


def test_a_dry_run_tells_what_a_translator_will_be_paid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    translation = {"translator": "openai:gpt-4o-mini", "to": "ko", "price_in": 0, "price_out": 1e6}
    changes: dict[str, Any] = {"methods": ["translated"], "translation": translation, "seeds": [0]}
    source = read_texts("sample-sentiment:train.en").texts
    texts = [str(source[row]) for row in head_order(len(source), 0)[:30]]
    assert "".join(texts).isascii()
    tokens = sum(
        2 * (1 + len(text) // 3) + 4 for text in texts
    )  # a dollar each; twice the text's, and a frame

    def told(**more: Any) -> tuple[int, float | None]:
        spec = load_spec(write_spec(tmp_path, **{**changes, "sizes": [30], **more}))
        found = dry_run(spec, out=tmp_path / "o", cache=tmp_path / "cache", data_dir=None, device="cpu")
        assert found["unchecked"] == ([] if "tune" not in more else ["encoder: is tuned first, on 9 rows"])
        return found["to_translate"], found["translation_cost"]

    assert told() == (30, pytest.approx(tokens))
    assert not (tmp_path / "cache").exists()
    assert told(translation={"translator": "openai:no-price", "to": "ko"}) == (30, None)
    assert told(methods=["english"]) == (0, 0)
    assert told(encoder=None, tune={"model": "nowhere", "rows": 9}) == (30, pytest.approx(tokens))
    with serving(ChatServer()) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        run(tmp_path, **changes, sizes=[12])
        paid = sum(2 * (1 + len(text) // 3) + 4 for text in texts[:12])
        assert told() == (18, pytest.approx(tokens - paid))


def test_recurring_sentences_of_pairs_are_counted_and_paid_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    changes: dict[str, Any] = {
        "methods": ["translated"],
        "source": {"data": "sample-nli:train.en"},
        "test": {"data": "sample-nli:test.ko"},
        "native": None,
        "translation": {"translator": "openai:gpt-4o-mini", "to": "ko"},
        "pairs": None,
        "sizes": [90],
        "seeds": [0],
    }
    source = read_texts("sample-nli:train.en").texts
    texts = {part for row in head_order(len(source), 0)[:90] for part in source[row]}
    assert len(texts) < 180
    server = ChatServer()
    with serving(server) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        for _ in range(3):
            ran = run(tmp_path, **changes)
            (row,) = costs(ran, tabulate(ran))
            assert row.translations == 90
            assert row.dollars == pytest.approx(len(texts) * (TOKENS_IN * 0.15 + TOKENS_OUT * 0.6) / 1e6)
        # Another translator's price is its own, in the same folder, too.
        changes["translation"] = {"translator": "openai:gpt-4o", "to": "ko"}
        ran = run(tmp_path, **changes)
    (row,) = costs(ran, tabulate(ran))
    assert row.dollars == pytest.approx(len(texts) * (TOKENS_IN * 2.5 + TOKENS_OUT * 10) / 1e6)


def test_a_text_that_is_always_rejected_costs_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ChatServer()
    rejected = read_texts("sample-sentiment:train.en").texts[int(head_order(240, 0)[0])]
    server.trouble = lambda text, nth: "400" if text == rejected else "ok"
    translation = {"translator": "openai:gpt-4o-mini", "to": "ko"}
    with serving(server) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        for _ in range(3):
            ran = run(tmp_path, methods=["translated"], translation=translation, sizes=[30], seeds=[0])
            (row,) = costs(ran, tabulate(ran))
            assert row.dollars == pytest.approx(29 * (TOKENS_IN * 0.15 + TOKENS_OUT * 0.6) / 1e6)
            (result,) = ran.results.values()
            assert result.rows == 29


def test_a_text_without_translation_ends_the_run_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = ChatServer()
    server.trouble = lambda text, nth: "empty"
    with serving(server) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        translation = {"translator": "openai:gpt-4o-mini", "to": "ko"}
        with pytest.raises(DataError, match="12 of 12 texts have no translation by openai:gpt-4o-mini"):
            run(tmp_path, methods=["translated"], translation=translation, sizes=[12], seeds=[0])


def test_sentence_pairs_are_taken_apart_and_put_together_again() -> None:
    pairs = [("a", "b"), ("c", "d")]
    assert flat(pairs) == ["a", "b", "c", "d"]
    assert folded(["A", "B", "C", "D"], pairs) == [("A", "B"), ("C", "D")]
    assert folded(["A", None, "C", "D"], pairs) == [None, ("C", "D")]
    assert folded(flat(["x", "y"]), ["x", "y"]) == ["x", "y"]


def test_a_row_that_is_refused_is_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = ChatServer()
    refused = read_texts("sample-sentiment:train.en").texts[int(head_order(240, 0)[0])]
    server.trouble = lambda text, nth: "refuse" if text == refused else "ok"
    with serving(server) as url:
        monkeypatch.setenv("OPENAI_BASE_URL", url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        translation = {"translator": "openai:gpt-4o-mini", "to": "ko"}
        ran = run(tmp_path, methods=["translated"], translation=translation, sizes=[30], seeds=[0])
    (result,) = ran.results.values()
    assert (result.cell.size, result.rows) == (30, 29)

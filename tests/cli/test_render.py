"""How far a long step has come, as a log shows it."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from langalign_cli import _render


@pytest.mark.parametrize(
    ("seconds", "done", "line"),
    [
        (0.5, 2_000, "learn: 2,000 of 2,500 steps, 4,000/s, 0 s left"),
        (500.0, 500, "learn: 500 of 2,500 steps, 1/s, 2,000 s left"),
        (750.0, 500, "learn: 500 of 2,500 steps, 1.5 s each, 3,000 s left"),
        (24.0, 2, "learn: 2 of 2,500 steps, 12 s each, 29,976 s left"),
        (3_600.0, 1, "learn: 1 of 2,500 steps, 3,600 s each, 8,996,400 s left"),
        (60.0, 0, "learn: 0 of 2,500 steps"),
    ],
)
def test_a_log_tells_the_pace_of_quick_and_slow_steps(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    seconds: float,
    done: int,
    line: str,
) -> None:
    clock = SimpleNamespace(monotonic=lambda: now)
    monkeypatch.setattr(_render, "time", clock)
    monkeypatch.setattr(_render, "LINE_SECONDS", 0.0)
    now = 100.0
    with _render.progress("learn", "steps", quiet=False) as tell:
        assert tell
        now += seconds
        tell(done, 2_500)
    assert capsys.readouterr().err == f"{line}\n"


def test_what_looks_like_markup_is_shown_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    rows = [{"label": "[red]", "[b]count[/b]": 2}]
    _render.show({"[/b]": ":smile:", "labels": ["[news]", "[sport]"], "rows": rows}, as_json=False)
    shown = capsys.readouterr().out
    for text in ("[/b]", ":smile:", "[news], [sport]", "[red]", "[b]count[/b]"):
        assert text in shown
    assert "\\" not in shown


def test_an_error_is_one_line_that_a_screen_holds(capsys: pytest.CaptureFixture[str]):
    _render.error("no column\n'x'; " + "name, " * 10_000 + "choose one")
    line = capsys.readouterr().err
    assert line.startswith("langalign: no column 'x'; name, ")
    assert line.endswith(", choose one\n")
    assert line.count("\n") == 1
    assert 1000 < len(line) < 1020

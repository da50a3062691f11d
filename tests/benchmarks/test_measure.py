from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from benchmarks import bars, readme
from benchmarks.measure import FOLDER_VARIABLE, Bar, anonymous_memory, memory_peak, publish, take_turns
from benchmarks.run import measured_before


def test_contenders_take_turns_of_so_many_steps_until_each_is_done() -> None:
    told: list[str] = []

    def contender(name: str, steps: int) -> Callable[[Callable[[], None]], None]:
        def run(step: Callable[[], None]) -> None:
            for _ in range(steps):
                told.append(name)
                step()

        return run

    spent = take_turns({"a": contender("a", 3), "b": contender("b", 7)}, 2)
    assert "".join(told) == "aabbabbbbb"
    assert set(spent) == {"a", "b"}
    assert all(seconds > 0 for seconds in spent.values())


def test_what_goes_wrong_in_one_contender_is_told_and_ends_both() -> None:
    told = []

    def fails(step: Callable[[], None]) -> None:
        step()
        raise ValueError("no")

    def runs(step: Callable[[], None]) -> None:
        for number in range(3):
            told.append(number)
            step()

    with pytest.raises(ValueError, match="no"):
        take_turns({"fails": fails, "runs": runs}, 1)
    assert told == [0]


def test_memory_is_watched_while_it_is_held() -> None:
    before = anonymous_memory()
    with memory_peak() as peak:
        held = np.ones(10_000_000)  # 80 MB
        del held
    assert 70 < peak() - before < 120


def test_a_result_counts_as_measured_for_its_own_code_and_arguments(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path))
    monkeypatch.setattr("sys.argv", ["head", "--rows", "5"])
    publish("head", [Bar("time", 2, 1)], {}, seed=0)
    assert "holds  time: 2.0 times (at least 1)" in capsys.readouterr().out
    path = tmp_path / "head.json"
    assert measured_before(path, ["--rows", "5"])
    assert not measured_before(path, ["--rows", "6"])
    monkeypatch.setattr("benchmarks.run.source", lambda name: "other code")
    assert not measured_before(path, ["--rows", "5"])
    assert not measured_before(tmp_path / "store.json", [])


def test_a_folder_without_results_and_a_readme_without_marks_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.argv", ["bars", str(tmp_path)])
    with pytest.raises(SystemExit, match="holds no results"):
        bars.main()
    speed, quality = (
        (f"<!-- {name}: python -m benchmarks.readme -->\n", f"<!-- end of {name} -->")
        for name in ("results", "quality")
    )
    for text in (
        "no marks",
        speed[0],
        f"{speed[1]} {speed[0]}",
        "".join(speed),
        "".join((*speed, quality[0])),
    ):
        with pytest.raises(SystemExit, match="lacks the mark"):
            readme.with_tables(text)
    both = readme.with_tables(f"a {' old '.join(speed)} and {' old '.join(quality)} z")
    assert both.startswith(f"a {speed[0]}")
    assert f"{speed[1]} and {quality[0]}" in both
    assert both.endswith(f"{quality[1]} z")
    assert " old " not in both


def test_files_made_of_results_hold_what_the_results_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stale = tmp_path / "README.md"
    stale.write_text("old")
    monkeypatch.setattr(readme, "README", stale)
    monkeypatch.setattr(readme, "current", lambda: {stale: "new"})
    monkeypatch.setattr("sys.argv", ["readme", "--check"])
    with pytest.raises(SystemExit, match=r"README\.md differs from benchmarks/results"):
        readme.main()
    monkeypatch.setattr("sys.argv", ["readme"])
    readme.main()
    assert stale.read_text() == "new"

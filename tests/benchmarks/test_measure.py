from __future__ import annotations

from collections.abc import Callable

import pytest

from benchmarks.measure import take_turns


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

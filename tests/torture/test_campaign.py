"""The campaign itself: what it finds, what it shows, and that an attack cannot hide that it broke off."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from tests.torture import __main__ as program
from tests.torture import campaign
from tests.torture.campaign import Campaign, names, run
from tests.torture.outcome import Outcome
from tests.torture.table import total

GOOD = Outcome("good", 3, 3, 0, 0, 0)


def breaks_off(_: Campaign) -> Iterator[Outcome]:
    yield GOOD
    raise ValueError("what")


def use(monkeypatch: pytest.MonkeyPatch, **attacks: object) -> None:
    monkeypatch.setattr(campaign, "names", lambda: [*attacks])
    for name, attack in attacks.items():
        module = ModuleType(name)
        module.attack = attack
        monkeypatch.setitem(sys.modules, f"tests.torture.attacks.{name}", module)


def test_attacks_are_found_by_their_files() -> None:
    assert {"kills", "disk", "damage", "concurrency"} <= {*names()}
    assert not [name for name in names() if name.startswith("_")]


def test_an_attack_that_breaks_off_is_an_outcome_and_the_next_one_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, one=breaks_off, other=lambda _: iter([GOOD]))
    told: list[str] = []
    found = list(run(Campaign(0, True, tmp_path, told.append), ["one", "other"]))
    assert [outcome.holds for outcome in found] == [True, False, True]
    assert found[1].note == "broke off: ValueError: what"
    assert "Traceback" in told[0]
    assert total(found) == Outcome("all", 7, 6, 0, 0, 1)


@pytest.mark.parametrize("faults", [(2, 0, 0, 0), (3, 1, 0, 0), (3, 0, 1, 0), (3, 0, 0, 1)])
def test_what_does_not_hold_ends_the_campaign_with_1(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    faults: tuple[int, ...],
) -> None:
    use(monkeypatch, one=lambda _: iter([GOOD, Outcome("bad", 3, *faults)]))
    monkeypatch.setattr(sys, "argv", ["torture", "--quick", "--seed", "7", "--out", str(tmp_path / "out")])
    with pytest.raises(SystemExit) as ended:
        program.main()
    assert ended.value.code == 1
    assert "bad" in capsys.readouterr().out
    written = json.loads((tmp_path / "out" / "results.json").read_text())
    assert (written["seed"], written["quick"], len(written["outcomes"])) == (7, True, 2)
    assert {"date", "machine", "versions"} <= {*written}
    assert "| good | 3 | 3 | 0 | 0 | 0 |  |" in (tmp_path / "out" / "table.md").read_text()


def test_what_holds_ends_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, one=lambda _: iter([GOOD]))
    monkeypatch.setattr(sys, "argv", ["torture", "--out", str(tmp_path / "out")])
    program.main()
    assert json.loads((tmp_path / "out" / "results.json").read_text())["outcomes"][0]["survived"] == 3

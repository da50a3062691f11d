"""Finds the attacks and runs them, one after another.

An attack is one file of ``attacks/`` whose name does not begin with ``_``, with a function
``attack(campaign: Campaign) -> Iterator[Outcome]``.
"""

from __future__ import annotations

import importlib
import random
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tests.torture.outcome import Outcome

ATTACKS = Path(__file__).parent / "attacks"


@dataclass(frozen=True)
class Campaign:
    """What an attack is given.

    :param seed: Of everything random.
    :param quick: Whether this is the part that takes two minutes for all attacks together.
    :param folder: An empty folder of the attack's own.
    :param tell: Takes a line that says what is going on.
    """

    seed: int
    quick: bool
    folder: Path
    tell: Callable[[str], None]

    def scale(self, quick: int, full: int) -> int:
        """Choose a number by the size of the campaign."""
        return quick if self.quick else full

    def chance(self, name: str) -> random.Random:
        """Give random numbers that depend on the seed and a name only, in every process alike."""
        return random.Random(f"{self.seed} {name}")


def names() -> list[str]:
    """List the attacks."""
    return sorted(path.stem for path in ATTACKS.glob("*.py") if not path.stem.startswith("_"))


def run(campaign: Campaign, chosen: Sequence[str]) -> Iterator[Outcome]:
    """Run attacks; one that breaks off is an outcome too, as it tells that something is not as it should be.

    :param campaign: Its folder holds one for each attack.
    :param chosen: Their names.
    :yield: What they found.
    """
    for name in chosen:
        folder = campaign.folder / name
        folder.mkdir(parents=True)
        module = importlib.import_module(f"tests.torture.attacks.{name}")
        try:
            yield from module.attack(replace(campaign, folder=folder))
        except Exception as error:
            campaign.tell(traceback.format_exc())
            yield Outcome(name, 1, 0, 0, 0, 1, note=f"broke off: {type(error).__name__}: {error}")

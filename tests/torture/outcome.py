"""What an attack found."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Outcome:
    """One row of the campaign's table.

    :param attack: What was tried, such as ``kills: embed``.
    :param tries: How often.
    :param survived: How often all that must hold held.
    :param lost_rows: Rows that had been committed and were gone.
    :param wrong_rows: Rows that were served and were not what had been stored.
    :param unclear_errors: Failures that were not one clear line: a traceback, a crash, a hang, silence.
    :param note: What the figures do not tell, such as how a full disk was made.
    """

    attack: str
    tries: int
    survived: int
    lost_rows: int
    wrong_rows: int
    unclear_errors: int
    note: str = ""

    @property
    def holds(self) -> bool:
        """Tell whether each try was survived, with nothing lost, wrong or unclear."""
        faults = self.lost_rows + self.wrong_rows + self.unclear_errors
        return self.survived == self.tries and not faults

"""Money that may be spent: what is in flight counts as spent until its answer tells."""

from __future__ import annotations

import threading


class Budget:
    """Let requests through while they fit, whichever thread sends them."""

    def __init__(self, limit: float | None) -> None:
        """Start with nothing spent.

        :param limit: US dollars; None for no limit.
        """
        self._limit = limit
        self._spent = self._reserved = 0.0
        self._in_flight = 0
        self._changed = threading.Condition()

    def reserve(self, cost: float) -> bool:
        """Ask whether a request may be sent; wait for those in flight where it depends on them.

        :param cost: What it may cost.
        :return: Whether it fits; if so, :meth:`settle` must follow.
        """
        with self._changed:
            while self._limit is not None and self._spent + self._reserved + cost > self._limit:
                if not self._in_flight:
                    return False
                self._changed.wait()
            self._reserved += cost
            self._in_flight += 1
            return True

    def settle(self, reserved: float, spent: float) -> None:
        """Put what a request cost in place of what it might have.

        :param reserved: What :meth:`reserve` was given.
        :param spent: What it cost.
        """
        with self._changed:
            self._in_flight -= 1
            self._reserved = self._reserved - reserved if self._in_flight else 0.0  # no rounding left over
            self._spent += spent
            self._changed.notify_all()

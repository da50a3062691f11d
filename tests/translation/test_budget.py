from __future__ import annotations

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor

from langalign.translation._budget import Budget


def test_what_is_in_flight_counts_as_spent() -> None:
    budget = Budget(1.0)
    assert budget.reserve(0.5)
    assert budget.reserve(0.5)
    budget.settle(0.5, 0.5)
    budget.settle(0.5, 0.25)
    assert budget.reserve(0.25)
    budget.settle(0.25, 0.25)
    assert not budget.reserve(0.01)


def test_a_request_waits_for_those_in_flight_and_goes_if_they_were_cheap() -> None:
    budget = Budget(1.0)
    budget.reserve(0.9)
    threading.Timer(0.05, budget.settle, (0.9, 0.1)).start()
    assert budget.reserve(0.5)


def test_no_limit_lets_everything_through() -> None:
    budget = Budget(None)
    assert all(budget.reserve(1e9) for _ in range(100))


def test_threads_together_never_spend_more() -> None:
    budget, spent = Budget(10.0), []
    chance = random.Random(0)
    costs = [chance.random() for _ in range(200)]

    def use(cost: float) -> None:
        if budget.reserve(cost):
            time.sleep(0.0002)
            spent.append(cost / 2)
            budget.settle(cost, cost / 2)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(use, costs))
    assert 8.5 < sum(spent) <= 10.0

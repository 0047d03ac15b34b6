"""An Amazon on a clock moved by hand, and a client of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import pytest

import spreports as spr
from spreports.simulator import Simulator
from tests.clocks import ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def simulator(clock: ManualClock) -> Iterator[Simulator]:
    with Simulator(
        clock=clock, rows=20, usage_plans=False, token_lifetime=1e9
    ) as running:
        yield running
        assert running.failures == []
        assert running.breaches == []


@pytest.fixture
def client(simulator: Simulator) -> Iterator[spr.Client]:
    with simulator.client() as connected:
        yield connected


class Calls:
    """Counts the calls of operations since it was asked last."""

    def __init__(self, simulator: Simulator) -> None:
        self._simulator = simulator
        self._seen = 0

    def new(self) -> dict[str, int]:
        """Return the calls since the last time, without the logins."""
        requests = self._simulator.requests[self._seen :]
        self._seen += len(requests)
        return dict(Counter(r.operation for r in requests if r.operation != "token"))


@pytest.fixture
def calls(simulator: Simulator) -> Calls:
    return Calls(simulator)

"""A running Amazon and a client of it, on a clock that jumps over every wait."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

import spreports as spr
from spreports.simulator import Simulator
from spreports.simulator.jumping_clock import JumpingClock


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with JumpingClock() as clock, Simulator(clock=clock) as running:
        yield running
        assert running.failures == []
        assert running.breaches == []


@pytest.fixture
def client(simulator: Simulator) -> Iterator[spr.Client]:
    with simulator.client() as connected:
        yield connected


def calls(simulator: Simulator, operation: str) -> int:
    """Count the calls of one operation."""
    return sum(1 for request in simulator.requests if request.operation == operation)

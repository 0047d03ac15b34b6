"""Simulators for the tests of their own room."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.simulator.asking import Caller

MakeCaller = Callable[..., Caller]


@pytest.fixture
def calling() -> Iterator[MakeCaller]:
    """Return a maker of callers, each of a simulator of its own, on a manual clock."""
    with ExitStack() as stack:

        def make(**settings: Any) -> Caller:
            clock = ManualClock()
            defaults: dict[str, Any] = {"rows": 50, "usage_plans": False}
            simulator = Simulator(clock=clock, **{**defaults, **settings})
            stack.enter_context(simulator)
            caller = Caller(simulator, clock)
            stack.callback(lambda: _check(simulator))
            stack.callback(caller.close)
            return caller

        yield make


@pytest.fixture
def caller(calling: MakeCaller) -> Caller:
    return calling()


def _check(simulator: Simulator) -> None:
    assert simulator.failures == []

"""Waits grow with full jitter, up to a count and a deadline."""

from __future__ import annotations

from itertools import islice

import pytest

from spreports.api.retry import Retries, growing
from tests.clocks import ManualClock


def longest(upper: float) -> float:
    return upper


def test_waits_double_from_one_second_to_sixty() -> None:
    assert list(islice(growing(), 9)) == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_five_attempts_have_four_pauses_between_them() -> None:
    clock = ManualClock()
    retries = Retries(clock, 1e9, jitter=longest)

    assert [retries.pause() for _ in range(6)] == [True] * 4 + [False] * 2
    assert clock.slept == [1, 2, 4, 8]


def test_jitter_only_adds_to_a_retry_after() -> None:
    clock = ManualClock()
    retries = Retries(clock, 1e9, attempts=50)

    for _ in range(49):
        assert retries.pause(10)

    assert all(10 <= wait <= 70 for wait in clock.slept)
    assert len(set(clock.slept)) > 10


def test_a_pause_beyond_the_deadline_is_not_begun() -> None:
    clock = ManualClock()
    retries = Retries(clock, clock.monotonic() + 3, jitter=longest)

    assert [retries.pause() for _ in range(3)] == [True, True, False]
    assert clock.slept == [1, 2]


@pytest.mark.parametrize("attempts", [0, 1])
def test_one_attempt_has_no_pause(attempts: int) -> None:
    assert not Retries(ManualClock(), 1e9, attempts=attempts).pause()

"""The buckets' laws: never more than the plan, never less than the wait."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.api.answers import retry_after
from spreports.api.bucket import (
    RATE_MARGIN,
    SHARE_MARGIN,
    Bucket,
    book,
    drain,
    rerate,
)
from spreports.api.exchange import Answer
from spreports.api.throttle import MemoryBuckets, Throttle
from spreports.api.usage_plans import USAGE_PLANS, UsagePlan
from spreports.errors import ThrottledError
from tests.clocks import ManualClock

CREATE = USAGE_PLANS["createReport"]
FOREVER = 1e12

plans = st.builds(
    UsagePlan, rate=st.floats(0.001, 50), burst=st.integers(min_value=1, max_value=30)
)
pauses = st.lists(st.floats(0, 200), min_size=1, max_size=60)


def within_plan(grants: list[float], plan: UsagePlan) -> bool:
    """Replay grants against the bucket that the server keeps."""
    tokens, last = float(plan.burst), grants[0]
    for at in sorted(grants):
        tokens = min(plan.burst, tokens + (at - last) * plan.rate) - 1
        last = at
        if tokens < -1e-6:
            return False
    return True


@settings(max_examples=40)
@given(
    st.sampled_from([CREATE, USAGE_PLANS["getReport"], USAGE_PLANS["getReports"]]),
    st.integers(0, 2**32),
    st.integers(20, 120),
)
def test_jitter_between_slot_and_arrival_breaks_no_plan(
    plan: UsagePlan, seed: int, requests: int
) -> None:
    rng = random.Random(seed)  # noqa: S311 - seeded jitter, no secret
    state, now, arrivals = Bucket(0.0, plan.rate), 0.0, []
    for _ in range(requests):
        state, wait = book(state, now, plan)
        arrivals.append(now + wait + rng.uniform(0.0, 0.5))
        # Somebody who asks all the time, with a pause here and there
        now += wait + rng.choice([0.0] * 9 + [rng.uniform(0, 3 / plan.rate)])

    assert within_plan(arrivals, plan)


def test_a_backfill_costs_little_more_than_the_bucket_itself() -> None:
    for requests, share in ((20, 1.015), (500, 1.012)):
        clock = ManualClock()
        throttle = Throttle(clock)
        for _ in range(requests):
            throttle.acquire("createReport", FOREVER)

        bound = (requests - CREATE.burst) / CREATE.rate
        assert bound <= clock.monotonic() - 1000 <= bound * share


class Shared:
    """The server's bucket, and somebody who takes half of what flows in."""

    def __init__(self, plan: UsagePlan, *, taken: float) -> None:
        self._plan, self._taken = plan, taken * plan.rate
        self._tokens, self._at, self._due = float(plan.burst), 0.0, 0.0

    def take(self, now: float) -> bool:
        """Let the other take what he wants until now; then give us one if there is."""
        while self._taken and self._due <= now:
            self._flow(self._due)
            self._tokens -= self._tokens >= 1
            self._due += 1 / self._taken
        self._flow(now)
        given = self._tokens >= 1
        self._tokens -= given
        return given

    def _flow(self, now: float) -> None:
        flown = (now - self._at) * self._plan.rate
        self._tokens, self._at = min(self._plan.burst, self._tokens + flown), now


def test_what_came_through_between_two_429s_is_our_share_and_the_second_did_not() -> (
    None
):
    state = Bucket(129.0, 1.0, refused_at=0.0, granted=76)

    state, _ = drain(state, 100.0, UsagePlan(1.0, 30))

    assert state.share == pytest.approx(0.75 * SHARE_MARGIN)


def test_a_pause_of_our_own_is_no_sign_that_somebody_else_took_the_rate() -> None:
    plan = UsagePlan(1.0, 30)
    state, _ = drain(Bucket(0.0, plan.rate), 0.0, plan)
    state, _ = book(state, 10.0, plan)

    state, _ = drain(state, 12.0, plan)

    assert state.share == 1.0


@pytest.mark.parametrize("taken", [0.25, 0.5, 0.7])
def test_somebody_else_on_the_same_quota_brings_no_storm_of_429(taken: float) -> None:
    clock = ManualClock()
    throttle, server = Throttle(clock), Shared(CREATE, taken=taken)
    granted = refused = 0
    while clock.monotonic() - 1000 < 24 * 3600:
        throttle.acquire("createReport", FOREVER)
        if server.take(clock.monotonic() - 1000):
            granted += 1
        else:
            refused += 1
            throttle.exhausted("createReport")

    # Nearly all that the other leaves, for few refusals
    assert granted >= 0.85 * (1 - taken) * CREATE.rate * 24 * 3600
    assert refused <= 0.12 * granted


def test_when_the_other_has_left_the_whole_rate_comes_back() -> None:
    clock = ManualClock()
    throttle, server = Throttle(clock), Shared(CREATE, taken=0.5)
    while clock.monotonic() - 1000 < 6 * 3600:
        throttle.acquire("createReport", FOREVER)
        if not server.take(clock.monotonic() - 1000):
            throttle.exhausted("createReport")

    waits = [throttle.acquire("createReport", FOREVER) for _ in range(150)]

    assert waits[-1] == pytest.approx(1 / CREATE.rate / RATE_MARGIN)


@given(plans, pauses)
def test_no_window_grants_more_than_its_rate_and_the_burst(
    plan: UsagePlan, waits: list[float]
) -> None:
    state, now, grants = Bucket(0.0, plan.rate), 0.0, []
    for pause in waits:
        now += pause
        state, wait = book(state, now, plan)
        assert wait >= 0
        grants.append(now + wait)

    assert grants == sorted(grants)  # whoever books first goes first
    assert within_plan(grants, plan)
    for first in range(len(grants)):
        for last in range(first, len(grants)):
            window = grants[last] - grants[first]
            assert last - first + 1 <= plan.rate * window + plan.burst + 1e-6


@given(plans, st.integers(0, 40), st.floats(0, 1000))
def test_after_a_429_the_next_slot_is_an_interval_away_or_more(
    plan: UsagePlan, used: int, retry: float
) -> None:
    state = Bucket(0.0, plan.rate)
    for _ in range(used):
        state, _ = book(state, 0.0, plan)

    state, least = drain(state, 0.0, plan, retry)
    state, wait = book(state, 0.0, plan)
    _, after = book(state, 0.0, plan)

    assert least >= max(1 / plan.rate, retry)
    assert wait >= least - 1e-6
    assert after - wait == pytest.approx(1 / plan.rate / RATE_MARGIN)


@given(st.floats(0.01, 10), st.floats(0.01, 10), st.integers(1, 30))
def test_a_new_rate_keeps_the_number_of_requests_owed(
    before: float, after: float, used: int
) -> None:
    plan = UsagePlan(before, 15)
    state = Bucket(0.0, before)
    for _ in range(used):
        state, _ = book(state, 0.0, plan)

    changed = rerate(state, 0.0, after)

    assert changed.full_at * after == pytest.approx(state.full_at * before)


def test_a_spent_burst_stays_spent_when_the_rate_falls() -> None:
    throttle = Throttle(ManualClock())
    for _ in range(14):
        assert throttle.acquire("getReport", FOREVER) == 0

    throttle.learn("getReport", "0.2")
    throttle.acquire("getReport", FOREVER)

    interval = 1 / 0.2 / RATE_MARGIN
    assert throttle.acquire("getReport", FOREVER) == pytest.approx(interval)


@given(
    st.none()
    | st.text()
    | st.floats().map(str)
    | st.sampled_from(
        ["", "nan", "inf", "-1", "0", "1e9", "1,2", "0x1", "1e-300", " 2 "]
    )
)
def test_no_header_moves_the_rate_beyond_a_tenth_and_ten_times(
    header: str | None,
) -> None:
    buckets = MemoryBuckets(ManualClock())
    throttle = Throttle(ManualClock(), buckets)

    throttle.learn("createReport", header)
    throttle.acquire("createReport", FOREVER)

    rate = buckets._states["createReport"].rate
    assert CREATE.rate * 0.1 <= rate <= CREATE.rate * 10


@pytest.mark.parametrize("header", [None, "", "nan", "-inf", "0", "-3", "many", "1, 2"])
def test_a_header_that_says_nothing_changes_nothing(header: str | None) -> None:
    buckets = MemoryBuckets(ManualClock())
    throttle = Throttle(ManualClock(), buckets)

    throttle.learn("createReport", header)
    throttle.acquire("createReport", FOREVER)

    assert buckets._states["createReport"].rate == CREATE.rate


def test_no_retry_after_holds_everybody_for_more_than_an_hour() -> None:
    clock = ManualClock()
    throttle = Throttle(clock)

    throttle.exhausted("getReports", 7 * 86_400.0)

    assert throttle.wait_for("getReports") == pytest.approx(3600, abs=60)


def test_a_slot_beyond_the_deadline_is_an_error_that_books_nothing() -> None:
    clock = ManualClock()
    throttle = Throttle(clock)
    for _ in range(15):
        throttle.acquire("createReport", FOREVER)
    clock.slept.clear()

    for _ in range(3):
        with pytest.raises(ThrottledError, match=r"60 s .at 2026-11-01T00:01:01Z"):
            throttle.acquire("createReport", clock.monotonic() + 60)

    assert clock.slept == []
    assert throttle.acquire("createReport", FOREVER) == pytest.approx(60.5, abs=0.1)


def test_operations_have_buckets_of_their_own() -> None:
    throttle = Throttle(ManualClock())
    for _ in range(14):
        throttle.acquire("createReport", FOREVER)

    assert throttle.acquire("getReportDocument", FOREVER) == 0


def test_threads_share_a_bucket_and_each_gets_a_slot_of_its_own() -> None:
    clock = ManualClock()
    buckets = MemoryBuckets(clock)
    throttle = Throttle(clock, buckets)
    together = threading.Barrier(20)

    def ask(_: int) -> None:
        together.wait()
        throttle.acquire("createReport", FOREVER)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(ask, range(20)))

    # 14 at once, one a second later, 5 each an interval after the one before
    assert buckets._states["createReport"].full_at >= 1000 + 20 / CREATE.rate
    assert sum(seconds > 0 for seconds in clock.slept) == 6


def test_threads_in_line_book_one_slot_at_a_time() -> None:
    sleeping, wake = threading.Event(), threading.Event()

    class Held(ManualClock):
        def sleep(self, seconds: float) -> None:
            if seconds > 0:
                sleeping.set()
                wake.wait(600)
            super().sleep(seconds)

    clock = Held()
    throttle = Throttle(clock)
    for _ in range(14):
        throttle.acquire("createReport", FOREVER)
    with ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(throttle.acquire, "createReport", FOREVER)
        assert sleeping.wait(600)

        # Whoever comes from another process waits for the one slot that is booked
        ahead = throttle.wait_for("createReport")
        wake.set()

    assert ahead == pytest.approx(1 + 1 / CREATE.rate / RATE_MARGIN)
    assert throttle.wait_for("createReport") > 0


def test_a_storm_of_429_stays_within_the_rate() -> None:
    clock = ManualClock()
    throttle = Throttle(clock)
    requests = 0
    while clock.monotonic() < 1000 + 3600:
        throttle.acquire("createReport", FOREVER)
        requests += 1
        throttle.exhausted("createReport")

    assert requests <= CREATE.rate * 3600 + 2


NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("10", 10),
        ("0.5", 0.5),
        ("Sun, 01 Nov 2026 00:01:00 GMT", 60),
        ("Sun, 01 Nov 2025 00:01:00 GMT", None),
        ("-5", None),
        ("0", None),
        ("inf", None),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(header: str, seconds: float | None) -> None:
    assert retry_after(Answer(429, {"Retry-After": header}, b""), NOW) == seconds


@given(st.text())
def test_no_retry_after_breaks_the_reader(header: str) -> None:
    found = retry_after(Answer(429, {"Retry-After": header}, b""), NOW)
    assert found is None or found > 0


def test_the_clock_of_the_bucket_may_go_on_for_years() -> None:
    state = Bucket(0.0, CREATE.rate)
    later = timedelta(days=3650).total_seconds()

    _, wait = book(state, later, CREATE)

    assert wait == 0

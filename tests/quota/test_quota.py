"""Quota belongs to the account: processes share it, restarts remember it."""

from __future__ import annotations

import multiprocessing
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from spreports.api.throttle import Bucket, Throttle
from spreports.api.usage_plans import USAGE_PLANS
from spreports.clock import SystemClock
from spreports.errors import ConfigError, ThrottledError
from spreports.quota import SharedBuckets
from tests.clocks import ManualClock

CREATE = "createReport"


def spend(throttle: Throttle, clock: ManualClock) -> int:
    """Take slots until the next one lies in the future; return how many."""
    taken = 0
    while True:
        try:
            throttle.acquire(CREATE, clock.monotonic())
        except ThrottledError:
            return taken
        taken += 1


def test_a_restart_does_not_fill_the_bucket(tmp_path: Path) -> None:
    clock = ManualClock()
    first = SharedBuckets(tmp_path / "quota.sqlite", "one", clock)
    assert spend(Throttle(clock, first), clock) == USAGE_PLANS[CREATE].burst - 1
    first.close()

    second = SharedBuckets(tmp_path / "quota.sqlite", "one", clock)
    assert spend(Throttle(clock, second), clock) == 0
    clock.advance(200)
    assert spend(Throttle(clock, second), clock) == 3
    second.close()


def test_two_clients_share_one_bucket_and_two_accounts_do_not(tmp_path: Path) -> None:
    clock = ManualClock()
    path = tmp_path / "quota.sqlite"
    one, same, other = (
        SharedBuckets(path, account, clock) for account in ("one", "one", "other")
    )
    spend(Throttle(clock, one), clock)

    assert spend(Throttle(clock, same), clock) == 0
    assert spend(Throttle(clock, other), clock) == USAGE_PLANS[CREATE].burst - 1
    for buckets in (one, same, other):
        buckets.close()


def test_a_learned_rate_is_shared(tmp_path: Path) -> None:
    clock = ManualClock()
    path = tmp_path / "quota.sqlite"
    one, same = (SharedBuckets(path, "one", clock) for _ in range(2))
    Throttle(clock, one).learn(CREATE, "0.1")
    spend(Throttle(clock, one), clock)

    clock.advance(11)

    assert spend(Throttle(clock, same), clock) == 1
    one.close()
    same.close()


def test_a_clock_that_was_set_back_keeps_the_debt(tmp_path: Path) -> None:
    late = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    buckets = SharedBuckets(tmp_path / "quota.sqlite", "one", late)
    spend(Throttle(late, buckets), late)
    buckets.close()

    early = ManualClock(datetime(2026, 11, 1, tzinfo=UTC) - timedelta(days=300))
    buckets = SharedBuckets(tmp_path / "quota.sqlite", "one", early)
    assert spend(Throttle(early, buckets), early) == 0
    early.advance(70)
    assert spend(Throttle(early, buckets), early) == 1
    buckets.close()


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    clock = ManualClock()
    buckets = SharedBuckets(tmp_path / "quota.sqlite", "one", clock)

    def fail(state: Bucket | None, now: float) -> tuple[Bucket, None]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        buckets.change(CREATE, fail)

    assert spend(Throttle(clock, buckets), clock) == USAGE_PLANS[CREATE].burst - 1
    buckets.close()


def test_a_file_that_is_none_is_refused_with_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "quota.sqlite"
    path.write_bytes(b"nonsense " * 1000)

    with pytest.raises(ConfigError, match="remove it"):
        SharedBuckets(path, "one", ManualClock())


def _count(path: Path, until: float, results: "multiprocessing.Queue[int]") -> None:  # noqa: UP037 - not generic at run time
    clock = SystemClock()
    throttle = Throttle(clock, SharedBuckets(path, "one", clock))
    taken = 0
    while time.time() < until:
        try:
            throttle.acquire("getReport", clock.monotonic() + until - time.time())
        except ThrottledError:
            break
        taken += 1
    results.put(taken)


def test_processes_together_take_no_more_than_the_plan_allows(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    results: multiprocessing.Queue[int] = context.Queue()
    path = tmp_path / "quota.sqlite"
    SharedBuckets(path, "one", SystemClock()).close()
    begun = time.time()
    workers = [
        context.Process(target=_count, args=(path, begun + 4.0, results))
        for _ in range(3)
    ]
    for worker in workers:
        worker.start()
    taken = sum(results.get(timeout=30) for _ in workers)
    for worker in workers:
        worker.join(30)

    plan = USAGE_PLANS["getReport"]
    assert taken <= plan.burst + plan.rate * (time.time() - begun)
    assert taken >= plan.burst - 1

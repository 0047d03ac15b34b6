"""Quota belongs to the account: processes share it, restarts remember it."""

from __future__ import annotations

import errno
import itertools
import multiprocessing
import os
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest

from spreports.api.bucket import Bucket
from spreports.api.throttle import Throttle
from spreports.api.usage_plans import USAGE_PLANS
from spreports.errors import ConfigError, ThrottledError
from spreports.ledger import Ledger
from spreports.quota import CoolDowns, QuotaFile
from tests.api.test_throttle import within_plan
from tests.clocks import ManualClock
from tests.opened import is_closed, note_opened
from tests.quota.sharing import TURNS, Shared, count

CREATE = "createReport"
T = TypeVar("T")


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
    first = Shared(tmp_path / "quota.sqlite", "one", clock)
    assert spend(Throttle(clock, first), clock) == USAGE_PLANS[CREATE].burst - 1
    first.close()

    second = Shared(tmp_path / "quota.sqlite", "one", clock)
    assert spend(Throttle(clock, second), clock) == 0
    clock.advance(200)
    assert spend(Throttle(clock, second), clock) == 4
    second.close()


def test_two_clients_share_one_bucket_and_two_accounts_do_not(tmp_path: Path) -> None:
    clock = ManualClock()
    path = tmp_path / "quota.sqlite"
    one, same, other = (
        Shared(path, account, clock) for account in ("one", "one", "other")
    )
    spend(Throttle(clock, one), clock)

    assert spend(Throttle(clock, same), clock) == 0
    assert spend(Throttle(clock, other), clock) == USAGE_PLANS[CREATE].burst - 1
    for buckets in (one, same, other):
        buckets.close()


def test_a_learned_rate_is_shared(tmp_path: Path) -> None:
    clock = ManualClock()
    path = tmp_path / "quota.sqlite"
    one, same = (Shared(path, "one", clock) for _ in range(2))
    Throttle(clock, one).learn(CREATE, "0.1")
    spend(Throttle(clock, one), clock)

    clock.advance(11)

    assert spend(Throttle(clock, same), clock) == 1
    one.close()
    same.close()


def test_a_clock_that_was_set_back_keeps_the_debt(tmp_path: Path) -> None:
    late = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    buckets = Shared(tmp_path / "quota.sqlite", "one", late)
    spend(Throttle(late, buckets), late)
    buckets.close()

    early = ManualClock(datetime(2026, 11, 1, tzinfo=UTC) - timedelta(days=300))
    buckets = Shared(tmp_path / "quota.sqlite", "one", early)
    assert spend(Throttle(early, buckets), early) == 0
    early.advance(70)
    assert spend(Throttle(early, buckets), early) == 2
    buckets.close()


def test_a_clock_that_was_set_back_keeps_how_long_ago_amazon_has_refused(
    tmp_path: Path,
) -> None:
    def age(state: Bucket | None, now: float) -> tuple[Bucket, float]:
        assert state is not None
        assert state.refused_at is not None
        return state, now - state.refused_at

    late = ManualClock(datetime(2026, 11, 2, tzinfo=UTC))
    with closing(Shared(tmp_path / "quota.sqlite", "one", late)) as buckets:
        Throttle(late, buckets).exhausted(CREATE, 0.0)
        late.advance(120)
        assert buckets.change(CREATE, age) == pytest.approx(120)

    early = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    with closing(Shared(tmp_path / "quota.sqlite", "one", early)) as buckets:
        assert buckets.change(CREATE, age) == pytest.approx(120)


LISTINGS, PLACES = "GET_MERCHANT_LISTINGS_ALL_DATA", ["DE", "FR"]


@pytest.mark.parametrize("looks", [1, 5])
def test_a_cool_down_ends_in_its_time_though_the_clock_was_set_back_by_a_day(
    tmp_path: Path, looks: int
) -> None:
    late = ManualClock(datetime(2026, 11, 2, tzinfo=UTC))
    early = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    with closing(QuotaFile(tmp_path / "quota.sqlite")) as file:
        assert CoolDowns(file, "one", late).claim(LISTINGS, PLACES, 1800) == 0
        late.advance(600)

        cooldowns = CoolDowns(file, "one", early)
        left = []
        for _ in range(looks):
            left.append(cooldowns.wait_for(LISTINGS, PLACES[:1]))
            early.advance(1790 / looks)
        assert left == pytest.approx([1800 - 1790 / looks * n for n in range(looks)])
        assert cooldowns.claim(LISTINGS, PLACES, 1800) == pytest.approx(10)
        early.advance(11)
        assert cooldowns.claim(LISTINGS, PLACES, 1800) == 0


def test_a_claim_after_the_clock_was_set_back_by_a_day_waits_no_day(
    tmp_path: Path,
) -> None:
    late = ManualClock(datetime(2026, 11, 2, tzinfo=UTC))
    early = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    with closing(QuotaFile(tmp_path / "quota.sqlite")) as file:
        CoolDowns(file, "one", late).claim(LISTINGS, PLACES, 1800)

        left = CoolDowns(file, "one", early).claim(LISTINGS, PLACES, 1800)

    assert left == pytest.approx(1800)


def test_of_two_cool_downs_that_were_seen_the_later_end_counts(tmp_path: Path) -> None:
    clock = ManualClock()
    with closing(QuotaFile(tmp_path / "quota.sqlite")) as file:
        cooldowns = CoolDowns(file, "one", clock)
        for seconds in (600, 60):
            free_at = clock.now().timestamp() + seconds
            cooldowns.seen(LISTINGS, PLACES, free_at)

        assert cooldowns.wait_for(LISTINGS, PLACES) == pytest.approx(600)


def test_a_cool_down_of_others_counts_after_the_clock_was_set_back_by_a_day(
    tmp_path: Path,
) -> None:
    late = ManualClock(datetime(2026, 11, 2, tzinfo=UTC))
    early = ManualClock(datetime(2026, 11, 1, tzinfo=UTC))
    with closing(QuotaFile(tmp_path / "quota.sqlite")) as file:
        CoolDowns(file, "one", late).claim(LISTINGS, PLACES, 1800)

        cooldowns = CoolDowns(file, "one", early)
        cooldowns.seen(LISTINGS, PLACES, early.now().timestamp() + 2700)

        assert cooldowns.wait_for(LISTINGS, PLACES) == pytest.approx(2700)


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    clock = ManualClock()
    buckets = Shared(tmp_path / "quota.sqlite", "one", clock)

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
        Shared(path, "one", ManualClock())


@pytest.mark.slow
def test_processes_take_turns_and_no_more_than_the_plan_allows(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    start, results = context.Barrier(3), context.Queue()
    arguments = (tmp_path / "quota.sqlite", time.monotonic(), start, results)
    workers = [context.Process(target=count, args=arguments) for _ in range(3)]
    for worker in workers:
        worker.start()
    each = [results.get(timeout=600) for _ in workers]
    for worker in workers:
        worker.join(600)

    plan = USAGE_PLANS["getReport"]
    assert [len(slots) for slots in each] == [TURNS] * 3
    assert within_plan(sorted(itertools.chain(*each)), plan)
    # Slots are handed out in order, to each as to all
    assert all(slots == sorted(slots) for slots in each)


@pytest.mark.parametrize("retry_after", [1e9, 1e12, 1e300])
def test_one_odd_retry_after_holds_nobody_for_more_than_an_hour(
    tmp_path: Path, retry_after: float
) -> None:
    clock = ManualClock()
    one = Shared(tmp_path / "quota.sqlite", "one", clock)

    Throttle(clock, one).exhausted(CREATE, retry_after)

    with pytest.raises(ThrottledError, match="returns in 3600 s") as caught:
        Throttle(clock, one).acquire(CREATE, clock.monotonic() + 900)
    assert caught.value.retry_after == pytest.approx(3600)
    clock.advance(3600)
    assert Throttle(clock, one).acquire(CREATE, clock.monotonic()) == 0
    one.close()


@pytest.mark.parametrize("lock", [1e9, 1e12, 1e300])
def test_a_lock_of_decades_that_an_older_version_has_kept_ends_within_a_day(
    tmp_path: Path, lock: float
) -> None:
    clock = ManualClock()
    one = Shared(tmp_path / "quota.sqlite", "one", clock)
    rate = USAGE_PLANS[CREATE].rate
    one.change(CREATE, lambda _, now: (Bucket(now + lock, rate), None))

    with pytest.raises(ThrottledError, match="returns in 86400 s"):
        Throttle(clock, one).acquire(CREATE, clock.monotonic() + 900)

    clock.advance(86400)
    assert Throttle(clock, one).acquire(CREATE, clock.monotonic()) < 1
    one.close()


class Late(QuotaFile):
    """Sees a new file, which another one then prepares and books in."""

    def __init__(self, path: Path) -> None:
        self._looks = 0
        super().__init__(path)

    def _version(self, db: sqlite3.Connection) -> int:
        self._looks += 1
        return 0 if self._looks == 1 else super()._version(db)


def test_who_opens_a_new_file_second_forgets_nothing_of_the_first(
    tmp_path: Path,
) -> None:
    clock = ManualClock()
    first = Shared(tmp_path / "quota.sqlite", "one", clock)
    spend(Throttle(clock, first), clock)

    late = Late(tmp_path / "quota.sqlite")

    assert spend(Throttle(clock, first), clock) == 0
    first.close()
    late.close()


def of_version(path: Path, version: int) -> bytes:
    """Have a quota file be of another version; return its bytes."""
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA journal_mode = DELETE")
    connection.execute(f"PRAGMA user_version = {version}")
    connection.close()
    return path.read_bytes()


def test_a_newer_quota_file_is_refused_and_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "quota.sqlite"
    QuotaFile(path).close()
    before = of_version(path, 99)

    with pytest.raises(ConfigError, match=r"quota\.sqlite was written by a newer spr"):
        QuotaFile(path)

    assert path.read_bytes() == before


def test_an_older_quota_file_counts_as_full_once(tmp_path: Path) -> None:
    clock, path = ManualClock(), tmp_path / "quota.sqlite"
    first = Shared(path, "one", clock)
    burst = spend(Throttle(clock, first), clock)
    first.close()
    of_version(path, 1)

    for left in (burst, 0):
        again = Shared(path, "one", clock)
        assert spend(Throttle(clock, again), clock) == left
        again.close()


def test_a_quota_file_on_a_full_disk_is_not_to_be_removed(tmp_path: Path) -> None:
    file = QuotaFile(tmp_path / "quota.sqlite")
    # What SQLite says where its write-ahead log finds no room
    failing = sqlite3.OperationalError("disk I/O error")
    failing.sqlite_errorcode = sqlite3.SQLITE_IOERR_SHMSIZE

    for full in (failing, OSError(errno.ENOSPC, "No space left on device")):
        with pytest.raises(ConfigError, match="make room") as caught:  # noqa: SIM117
            with file.transaction():
                raise full
        assert caught.value.hopeless  # no setting is wrong
        assert "remove it" not in str(caught.value)
    file.close()


def test_a_quota_file_that_others_hold_is_not_to_be_removed(tmp_path: Path) -> None:
    file = QuotaFile(tmp_path / "quota.sqlite")
    with closing(sqlite3.connect(tmp_path / "quota.sqlite")) as other:
        other.execute("BEGIN EXCLUSIVE")
        with file._file.turn() as connection:
            connection.execute("PRAGMA busy_timeout = 0")

        with (
            pytest.raises(ConfigError, match="let its other users finish") as caught,
            file.transaction(),
        ):
            pass
    file.close()

    assert "database is locked" in str(caught.value)
    assert "remove it" not in str(caught.value)


def test_a_folder_that_cannot_be_made_is_an_error_of_ours(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(ConfigError, match=r"quota\.sqlite \(it is a file\)"):
        QuotaFile(tmp_path / "file" / "quota.sqlite")
    with pytest.raises(ConfigError, match=r"ledger\.sqlite"):
        Ledger(tmp_path / "file" / "ledger.sqlite")


@pytest.mark.parametrize("home", ["file", "file/below", "shut"])
def test_a_store_that_cannot_be_made_is_told_with_how_to_name_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, home: str
) -> None:
    (tmp_path / "file").touch()
    if home == "shut":  # root may write anywhere: a folder in its place
        (tmp_path / home / "quota.sqlite").mkdir(parents=True)
        monkeypatch.setattr(os, "access", lambda path, _: path != tmp_path / home)

    with pytest.raises(ConfigError, match="home= or SPREPORTS_HOME") as caught:
        QuotaFile(tmp_path / home / "quota.sqlite")

    assert f"the store {tmp_path / home} cannot hold" in str(caught.value)
    assert "remove it" not in str(caught.value)


def test_a_file_that_is_no_quota_file_is_closed_and_what_may_be_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "quota.sqlite").write_bytes(b"no database" * 1000)
    opened = note_opened(monkeypatch)

    with pytest.raises(ConfigError, match="where nothing else helps, remove it"):
        QuotaFile(tmp_path / "quota.sqlite")

    assert [is_closed(connection) for connection in opened] == [True]

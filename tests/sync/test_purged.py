"""What was purged stays away, also where no ledger remembers it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

import spreports as spr
from spreports.lake.place import Place
from spreports.lake.purge import purge_root
from spreports.lake.purge_note import is_purged
from spreports.ledger import LakeWindow, WindowState
from spreports.simulator import Simulator
from spreports.sync import landing
from spreports.sync.known import _missed
from spreports.sync.roots import lake_name, table_root
from spreports.sync.run import run
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import ORDERS, SETTLEMENT, day

DAY = 86_400.0
# Fewer than 15 windows in all: what getReportDocument grants at once
FEEDS = [
    spr.Feed("orders", marketplaces=["DE"], since="2026-11-04", lookback=9),
    spr.Feed("sales_and_traffic", marketplaces=["DE"], since="2026-11-04", lookback=9),
]


def days(request_key: str | None) -> tuple[str, str]:
    """The days that a request begins and ends on."""
    asked = json.loads(request_key or "")
    return asked["dataStartTime"][:10], asked["dataEndTime"][:10]


def when(step: str, count: int, what: Callable[[], object]) -> Callable[[str], None]:
    """Do something when a run reaches a step for the n-th time."""
    reached = 0

    def at(name: str) -> None:
        nonlocal reached
        reached += name == step
        if name == step and reached == count:
            what()

    return at


def ends(lake: str) -> set[date]:
    """The days on which the reports of a lake end."""
    dates = [report.dates[1] for report in spr.Lake(lake).reports()]
    return {end.date() for end in dates if end is not None}


@pytest.mark.slow
def test_another_host_does_not_bring_back_what_was_purged(
    client: spr.Client, other_host: spr.Client, clock: ManualClock, lake: str
) -> None:
    # Of two types without a cool-down, which all threads would sit out on one clock
    returns = spr.Feed("returns", marketplaces=["DE"], since="2026-11-04", lookback=9)
    feeds = [FEEDS[0], returns]
    first = client.sync(feeds, lake)
    assert (first.failed, first.gaps, first.empty) == ((), (), 0)
    spr.Lake(lake).purge(date(2026, 11, 6))
    kept = {report.request_key for report in spr.Lake(lake).reports()}
    clock.advance(DAY)

    for host in (other_host, client):
        host.sync(feeds, lake)

    now = {report.request_key for report in spr.Lake(lake).reports()}
    assert {days(key)[0] for key in now - kept} == {"2026-11-10"}
    assert min(days(key)[0] for key in now) == "2026-11-06"


def test_a_purge_goes_by_its_day_also_where_the_last_days_had_no_rows(
    client: spr.Client, other_host: spr.Client, lake: str
) -> None:
    client.sync(FEEDS[0], lake)
    for report in spr.Lake(lake).reports():
        if report.dates[0] == day(5):
            Path(lake, "_spreports", ORDERS, f"{report.report_id}.json").unlink()
    spr.Lake(lake).purge(date(2026, 11, 6))

    planned = other_host.sync(FEEDS[0], lake, dry_run=True).plan.windows

    assert planned == ()


@pytest.mark.slow
def test_what_a_purge_took_of_one_table_before_it_was_killed_does_not_come_back(
    client: spr.Client, other_host: spr.Client, clock: ManualClock, lake: str
) -> None:
    client.sync(FEEDS[1], lake)
    first, second = spr.Lake(lake)._roots("sales_and_traffic")
    purge_root(first.place, date(2026, 11, 6), dry_run=False)
    clock.advance(DAY)

    for host in (other_host, client):
        host.sync(FEEDS[1], lake)

    reports = spr.Lake(lake).reports()
    kept = [r for r in reports if r.dates[0] is not None and r.dates[0] < day(6)]
    assert {report.table for report in kept} == {second.table}
    assert spr.Lake(lake).purge(date(2026, 11, 6)).files == len(kept) > 0


@pytest.mark.slow
def test_a_feed_that_is_new_begins_where_its_lake_was_purged(
    client: spr.Client,
    simulator: Simulator,
    lake: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    by_day = spr.Feed("orders", marketplaces=["DE"], since="2026-11-01", lookback=9)
    client.sync(by_day, lake)
    spr.Lake(lake).purge(date(2026, 11, 6))
    before = calls(simulator)["createReport"]
    france = spr.Feed("orders", marketplaces=["FR"], since="2026-11-01", lookback=1)

    planned = client.sync(france, lake, dry_run=True).plan.windows
    assert "orders: nothing that ended before 2026-11-06" in caplog.text
    result = client.sync(france, lake)
    caplog.clear()
    client.sync(france, lake)
    assert caplog.text == ""

    starts = sorted(window.start for window in planned if window.start)
    assert starts[0] == day(6)
    assert (result.failed, result.gaps) == ((), ())
    assert result.windows == len(planned) == calls(simulator)["createReport"] - before


@pytest.mark.slow
def test_a_lake_whose_note_of_a_purge_is_deleted_is_filled_again(
    client: spr.Client, other_host: spr.Client, lake: str
) -> None:
    first = client.sync(FEEDS[:1], lake)
    spr.Lake(lake).purge(date(2026, 11, 20))
    (note,) = Path(lake, "_spreports").rglob("purged")
    note.unlink()

    assert other_host.sync(FEEDS[:1], lake).rows == first.rows


def test_settlements_that_were_purged_are_not_taken_in_again(
    client: spr.Client,
    other_host: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
) -> None:
    feed = spr.Feed("settlement", marketplaces=["DE"], since="2026-10-01")
    for start in (1, 4):
        simulator.place_report(SETTLEMENT, ["DE"], day(start), day(start + 3))
    client.sync(feed, lake)
    assert ends(lake) == {date(2026, 11, 4), date(2026, 11, 7)}
    spr.Lake(lake).purge(date(2026, 11, 5))
    before = calls(simulator)["document"]
    clock.advance(DAY)

    for host in (client, other_host):
        result = host.sync(feed, lake)
        assert (result.windows, result.failed, result.gaps) == (0, (), ())

    assert ends(lake) == {date(2026, 11, 7)}
    assert calls(simulator)["document"] == before


@pytest.mark.slow
def test_a_type_that_was_purged_whole_is_not_named_among_those_that_are_there(
    client: spr.Client, lake: str
) -> None:
    client.sync(FEEDS, lake)
    spr.Lake(lake).purge(date(2026, 11, 20), "orders")

    with pytest.raises(
        spr.SinkError, match="there are GET_SALES_AND_TRAFFIC_REPORT"
    ) as e:
        spr.scan_lake(lake, "orders")

    assert str(e.value).count(ORDERS) == 1


@pytest.mark.slow
def test_a_purge_of_days_to_come_does_not_hold_them_up(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    feeds = [FEEDS[0], spr.Feed("settlement", marketplaces=["DE"], since="2026-10-01")]
    morning, evening = timedelta(hours=1), timedelta(hours=2)
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(10) + morning)
    client.sync(feeds, lake)
    # Half of a day beside the feed
    orders = client.reports(
        "orders", start=day(10), end=day(10) + evening, marketplaces=["DE"]
    )
    orders.sink(f"{lake}/{ORDERS}")
    spr.Lake(lake).purge(date(2027, 1, 1))
    assert spr.Lake(lake).reports() == ()

    clock.advance(DAY)
    simulator.place_report(SETTLEMENT, ["DE"], day(2), day(10) + evening)
    done = client.sync(feeds, lake)

    assert [window.start for window in done.plan.windows] == [day(10)]
    assert (done.adopted, done.windows, done.failed, done.gaps) == (1, 2, (), ())


@pytest.mark.slow
@pytest.mark.parametrize("noted", ["2026-11-11", "2026-11-12", "9999-12-31"])
def test_a_day_that_an_older_version_noted_holds_nothing_up(
    client: spr.Client, clock: ManualClock, lake: str, noted: str
) -> None:
    client.sync(FEEDS[0], lake)
    spr.Lake(lake).purge(date(2027, 1, 1))
    (note,) = Path(lake, "_spreports").rglob("purged")
    note.write_text(f"{noted}\n")
    clock.advance(3 * DAY)

    starts = {w.start for w in client.sync(FEEDS[0], lake).plan.windows}

    assert {day(10), day(11), day(12)} <= starts


def test_what_ends_on_the_day_that_an_older_version_noted_is_not_taken_for_lost(
    client: spr.Client, lake: str
) -> None:
    client.sync(FEEDS[0], lake)
    spr.Lake(lake).purge(date(2026, 11, 6))
    (note,) = Path(lake, "_spreports").rglob("purged")
    note.write_text("2026-11-06\n")
    own = Path(lake, "_spreports", ORDERS)

    for start, told in ((6, False), (7, True)):
        for report in spr.Lake(lake).reports():
            if report.dates[0] == day(start):
                (own / f"{report.report_id}.json").unlink()
        if told:
            with pytest.raises(spr.SinkError, match="2026-11-07/2026-11-08"):
                client.sync(FEEDS[0], lake)
        else:
            assert client.sync(FEEDS[0], lake).failed == ()


def test_what_was_given_up_before_a_purge_is_no_gap_behind_it(
    client: spr.Client, clock: ManualClock, lake: str
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-04", lookback=0)
    client.sync(replace(feed, since="2026-11-08"), lake)
    lost = LakeWindow(
        name="2026-11-04/2026-11-08",
        start=day(4),
        end=day(8),
        state=WindowState.GAP,
        error_kind="ReportFatalError",
        error="given up",
    )
    key = client._stream(feed).key
    client._connection.ledger.windows.put(lake_name(lake), key, lost, clock.now(), ())
    assert len(client.sync(feed, lake).gaps) == 1

    spr.Lake(lake).purge(date(2026, 11, 10))

    result = client.sync(feed, lake)
    assert (result.gaps, result.windows) == ((), 0)
    assert client.sync(feed, lake, retry_gaps=True).windows == 0


def test_a_purge_excuses_what_did_not_come_and_had_ended_by_its_day() -> None:
    ended = LakeWindow(name="ended", start=day(4), end=day(8), state=WindowState.FAILED)
    going_on = replace(ended, name="going on", end=day(8) + timedelta(seconds=1))
    dateless = replace(ended, name="dateless", start=None, end=None)
    there = replace(ended, name="there", state=WindowState.COMMITTED)
    known = [ended, going_on, dateless, there]

    assert [*_missed(known, day(8))] == [going_on, dateless, there]
    assert [*_missed(known, None)] == known


def test_a_day_behind_a_purge_that_is_lost_is_told(
    client: spr.Client, lake: str
) -> None:
    client.sync(FEEDS[0], lake)
    spr.Lake(lake).purge(date(2026, 11, 6))
    first = min(spr.Lake(lake).reports(), key=lambda one: str(one.dates))
    (marker,) = Path(lake, "_spreports").rglob(f"{first.report_id}.json")
    marker.unlink()

    with pytest.raises(spr.SinkError, match="2026-11-06"):
        client.sync(FEEDS[0], lake)


def test_a_damaged_note_of_a_purge_says_what_to_write_there(
    client: spr.Client, lake: str
) -> None:
    client.sync(FEEDS[0], lake)
    spr.Lake(lake).purge(date(2026, 11, 6))
    (note,) = Path(lake, "_spreports").rglob("purged")
    note.write_text("soon")

    with pytest.raises(spr.SinkError, match="write into it again"):
        client.sync(FEEDS[0], lake)


# The newest of six days is landed first, and that of the 4th last
@pytest.mark.slow
@pytest.mark.parametrize(
    ("step", "count", "landed"), [("planned", 1, 4), ("downloaded", 6, 5)]
)
@pytest.mark.parametrize("is_new", [False, True])
def test_a_run_lands_nothing_that_is_purged_while_it_runs(
    client: spr.Client,
    other_host: spr.Client,
    clock: ManualClock,
    lake: str,
    *,
    step: str,
    count: int,
    landed: int,
    is_new: bool,
) -> None:
    france = replace(FEEDS[0], marketplaces=["FR"])
    client.sync(france if is_new else FEEDS[0], lake)
    clock.advance(3600 if is_new else DAY)
    before, count = spr.Lake(lake), count + (not is_new and step == "downloaded")

    done = run(
        client._connection,
        [client._stream(FEEDS[0])],
        lake,
        at=when(step, count, lambda: before.purge(date(2026, 11, 6))),
    )

    assert (done.failed, done.gaps) == ((), ())
    assert done.windows == landed + (not is_new)
    for night in range(2):
        starts = {report.dates[0] for report in spr.Lake(lake).reports()}
        assert starts == {day(6 + n) for n in range(4 + night + (not is_new))}
        clock.advance(DAY)
        for host in (client, other_host):
            again = host.sync(FEEDS[0], lake)
            assert (again.failed, again.gaps) == ((), ())
    assert client.sync(FEEDS[0], lake, refill=True).windows == 0
    assert spr.Lake(lake).check(deep=True)


@pytest.mark.slow
def test_a_run_lands_what_lies_across_a_day_that_is_purged_while_it_runs(
    client: spr.Client, lake: str
) -> None:
    client.sync(replace(FEEDS[0], marketplaces=["FR"]), lake)
    feed = replace(FEEDS[0], since="2026-11-01", lookback=2)

    done = run(
        client._connection,
        [client._stream(feed)],
        lake,
        at=when("planned", 1, lambda: spr.Lake(lake).purge(date(2026, 11, 6))),
    )

    assert (done.failed, done.windows) == ((), len(done.plan.windows))
    reports = spr.Lake(lake).reports()
    assert (day(1), day(8)) in {report.dates for report in reports}
    assert spr.Lake(lake).purge(date(2026, 11, 6), dry_run=True).reports == ()


@pytest.mark.slow
def test_a_purge_by_another_machine_beside_a_run_on_s3_stays(
    client: spr.Client, on_s3: tuple[str, dict[str, Any]], clock: ManualClock
) -> None:
    url, options = on_s3
    # Of what another machine writes this one's file system is told nothing
    elsewhere = spr.Lake(url, storage_options={**options, "skip_instance_cache": True})
    client.sync(FEEDS[0], url, storage_options=options)
    clock.advance(DAY)

    done = run(
        client._connection,
        [client._stream(FEEDS[0])],
        url,
        storage_options=options,
        at=when("downloaded", 6, lambda: elsewhere.purge(date(2026, 11, 6))),
    )

    assert (done.failed, done.gaps, done.windows) == ((), (), 5)
    reports = spr.Lake(url, storage_options=options).reports()
    assert {report.dates[0] for report in reports} == {day(6 + n) for n in range(5)}


@pytest.mark.slow
def test_of_a_report_of_two_tables_nothing_stays_where_a_purge_comes_between_them(
    client: spr.Client, clock: ManualClock, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the cool-down, which all threads would sit out on one clock
    entry = replace(spr.report_type("sales_and_traffic"), cooldown_seconds=None)
    feed = replace(FEEDS[1], report_type=entry)
    client.sync(feed, lake)
    clock.advance(DAY)
    begun = 0

    def meanwhile(*args: Any) -> str:
        nonlocal begun
        begun += 1
        if begun == 2 * 6:  # the second table of the 5th; the 10th came first
            spr.Lake(lake).purge(date(2026, 11, 6))
        return table_root(*args)

    monkeypatch.setattr(landing, "table_root", meanwhile)
    done = client.sync(feed, lake)
    monkeypatch.undo()

    assert (done.failed, done.gaps, done.windows) == ((), (), 5)
    assert spr.Lake(lake).purge(date(2026, 11, 6), dry_run=True).reports == ()
    assert client.sync(feed, lake).failed == ()


# Two tables a report, whose last day counts in: the 9th comes first, then the 8th
@pytest.mark.slow
@pytest.mark.parametrize(("nth", "before"), [(4, 9), (6, 8)])
def test_the_second_table_of_a_new_report_stays_away_where_the_first_was_purged(
    client: spr.Client,
    lake: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    nth: int,
    before: int,
) -> None:
    entry = replace(spr.report_type("sales_and_traffic"), cooldown_seconds=None)
    feed = replace(FEEDS[1], report_type=entry)
    looked = 0

    def meanwhile(root: Place, end: datetime) -> bool:
        nonlocal looked
        looked += 1
        if looked == nth:
            spr.Lake(lake).purge(date(2026, 11, before))
        return is_purged(root, end)

    monkeypatch.setattr("spreports.sync.landing.is_purged", meanwhile)
    done = client.sync(feed, lake)
    monkeypatch.undo()

    assert (done.failed, done.gaps) == ((), ())
    assert min(ends(lake)) == date(2026, 11, before)
    assert spr.Lake(lake).check(deep=True)

"""What was purged stays away, also where no ledger remembers it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest

import spreports as spr
from spreports.plan.windows import midnight
from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import SETTLEMENT, day

DAY = 86_400.0
FEEDS = [
    spr.Feed("orders", marketplaces=["DE"], since="2026-11-01", lookback=9),
    spr.Feed("sales_and_traffic", marketplaces=["DE"], since="2026-11-01", lookback=9),
]


@pytest.fixture
def other_host(simulator: Simulator, home: Path) -> Iterator[spr.Client]:
    with simulator.client(home=home.with_name("other host")) as connected:
        yield connected


def days(request_key: str | None) -> tuple[str, str]:
    """The days that a request begins and ends on."""
    asked = json.loads(request_key or "")
    return asked["dataStartTime"][:10], asked["dataEndTime"][:10]


def ends(lake: str) -> set[date]:
    """The days on which the reports of a lake end."""
    dates = [report.dates[1] for report in spr.Lake(lake).reports()]
    return {end.date() for end in dates if end is not None}


def test_another_host_does_not_bring_back_what_was_purged(
    client: spr.Client, other_host: spr.Client, clock: ManualClock, lake: str
) -> None:
    client.sync(FEEDS, lake)
    spr.Lake(lake).purge(date(2026, 11, 6))
    kept = {report.request_key for report in spr.Lake(lake).reports()}
    clock.advance(DAY)

    for host in (other_host, client):
        host.sync(FEEDS, lake)

    now = {report.request_key for report in spr.Lake(lake).reports()}
    assert {days(key)[0] for key in now - kept} == {"2026-11-10"}
    assert min(days(key)[0] for key in now) == "2026-11-06"


def test_a_feed_that_is_new_begins_where_its_lake_was_purged(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    by_day = spr.Feed("orders", marketplaces=["DE"], since="2026-11-01", lookback=9)
    client.sync(by_day, lake)
    spr.Lake(lake).purge(date(2026, 11, 6))
    before = calls(simulator)["createReport"]
    france = spr.Feed("orders", marketplaces=["FR"], since="2026-11-01", lookback=1)

    planned = client.sync(france, lake, dry_run=True).plan.windows
    result = client.sync(france, lake)

    starts = sorted(window.start for window in planned if window.start)
    assert starts[0] == day(6)
    assert (result.failed, result.gaps) == ((), ())
    assert result.windows == len(planned) == calls(simulator)["createReport"] - before


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


def test_a_purge_of_days_to_come_does_not_hold_them_up(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    feeds = [FEEDS[0], spr.Feed("settlement", marketplaces=["DE"], since="2026-10-01")]
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(4))
    client.sync(feeds, lake)
    spr.Lake(lake).purge(date(2027, 1, 1))
    notes = list(Path(lake).rglob("_spreports/**/purged"))
    assert {note.read_text() for note in notes} == {"2026-11-10\n", "2026-11-04\n"}

    for _ in range(2):
        clock.advance(DAY)
        simulator.place_report(SETTLEMENT, ["DE"], day(4), day(10))
        done = client.sync(feeds, lake)
        yesterday = midnight(clock.now()) - timedelta(days=1)
        assert yesterday in {window.start for window in done.plan.windows}
        assert (done.adopted, done.failed, done.gaps) == (1, (), ())
        for note in notes:  # as older versions wrote it
            note.write_text("2027-01-01\n")

"""A settlement is taken once, however many reports Amazon lists it under."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import deltalake
import polars as pl
import pytest

import spreports as spr
from spreports.clock import Clock
from spreports.reports.connection import Connection
from spreports.simulator import Fault, Simulator
from spreports.simulator.content.settlement import HEADER
from spreports.sync.run import run
from tests.clocks import ManualClock
from tests.sync.conftest import NIGHT, calls
from tests.sync.lake import SETTLEMENT, day
from tests.sync.test_clock_ahead import Ahead

DAY = 86_400.0
FEED = spr.Feed("settlement", marketplaces=["DE"])
YOUNG = spr.Feed("settlement", marketplaces=["DE"], since="5d")


def lay(
    simulator: Simulator,
    number: str,
    *,
    places: list[str] | None = None,
    ends: str,
    last: int = 5,
) -> str:
    """List a settlement under one more report, with a document of its own bytes."""
    report_id = simulator.place_report(SETTLEMENT, places or ["DE"], day(1), day(last))
    report = simulator._book.find(report_id)
    assert report is not None
    summary = {
        "settlement-id": number,
        "settlement-start-date": "01.11.2026 00:00:00 UTC",
        "settlement-end-date": "05.11.2026 00:00:00 UTC",
        "deposit-date": "07.11.2026 00:00:00 UTC",
        "total-amount": "12,50",
        "currency": "EUR",
    }
    sold = {"settlement-id": number, "amount-type": "ItemPrice", "amount": "15,00"}
    fee = {"settlement-id": number, "amount-type": "ItemFees", "amount": "-2,50"}
    lines = ["\t".join(HEADER)]
    lines += ["\t".join(r.get(c, "") for c in HEADER) for r in (summary, sold, fee)]
    simulator._shelf.lay_text(report, ends.join(lines) + ends)
    return report_id


def settlements(lake: str) -> list[str]:
    """The settlement ids of the summaries, each as often as it is there."""
    summary = f"{lake}/{SETTLEMENT}/summary"
    if Path(summary, "_delta_log").exists():
        found = pl.read_delta(summary)
    else:
        found = spr.scan_lake(lake, "settlement", table="summary").collect()
    return sorted(found["settlement-id"].to_list())


def test_a_settlement_of_a_marketplace_that_nobody_knows_is_taken(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    report_ids = lay(simulator, "0071", ends="\n"), lay(simulator, "0072", ends="\n")
    for report_id in report_ids:
        report = simulator._book.find(report_id)
        assert report is not None
        report.marketplace_ids = ("Non-Amazon DE", *report.marketplace_ids)

    result = client.sync(FEED, lake)

    assert not result.failed
    assert settlements(lake) == ["0071", "0072"]


@pytest.mark.parametrize("more", [[], ["GB"]], ids=["of ten", "of eleven"])
def test_a_settlement_of_a_marketplace_that_was_not_asked_for_is_left(
    client: spr.Client, simulator: Simulator, lake: str, more: list[str]
) -> None:
    ten = ["DE", "FR", "IT", "ES", "NL", "SE", "PL", "TR", "BE", "IE"]
    asked = lay(simulator, "0071", ends="\n")
    lay(simulator, "0072", places=["IN"], ends="\n")

    client.sync(spr.Feed("settlement", marketplaces=ten + more), lake)

    assert {each.report_id for each in spr.Lake(lake).reports("settlement")} == {asked}
    listed = client.existing("settlement", marketplaces=ten + more)
    assert [each.report_id for each in listed] == [asked]


@pytest.mark.parametrize("places", [(), ("Non-Amazon DE",)], ids=["none", "unknown"])
def test_a_settlement_of_no_marketplace_that_is_known_is_taken_by_a_feed_of_eleven(
    client: spr.Client, simulator: Simulator, lake: str, places: tuple[str, ...]
) -> None:
    eleven = ["DE", "FR", "IT", "ES", "NL", "SE", "PL", "TR", "BE", "IE", "GB"]
    report = simulator._book.find(lay(simulator, "0071", ends="\n"))
    assert report is not None
    report.marketplace_ids = places

    client.sync(spr.Feed("settlement", marketplaces=eleven), lake)

    assert settlements(lake) == ["0071"]


def test_a_settlement_of_other_bytes_is_taken_once_and_in_later_nights_too(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    first = lay(simulator, "0071", ends="\n")
    clock.advance(60)
    lay(simulator, "0071", ends="\r\n")
    one = client.sync(FEED, lake)
    clock.advance(DAY)
    lay(simulator, "0071", ends="\n\n")
    # Of the same dates and marketplaces, but in another currency
    lay(simulator, "0072", ends="\n")
    two = client.sync(FEED, lake)
    asked = calls(simulator)["document"]

    assert (one.windows, one.rows, two.windows, two.rows) == (2, 3, 2, 3)
    assert settlements(lake) == ["0071", "0072"]
    assert spr.scan_lake(lake, "settlement").collect().height == 4
    latest = spr.scan_lake(lake, "settlement", latest=True, metadata=True).collect()
    assert latest.height == 4
    assert first in latest["report_id"].to_list()
    assert client.sync(FEED, lake).windows == 0
    assert calls(simulator)["document"] == asked == 4


def test_a_settlement_that_two_feeds_list_is_taken_once(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    lay(simulator, "0071", places=["DE"], ends="\n")
    lay(simulator, "0071", places=["FR"], ends="\r\n")

    result = client.sync([FEED, spr.Feed("settlement", marketplaces=["FR"])], lake)

    assert (result.windows, result.rows) == (2, 3)
    assert settlements(lake) == ["0071"]


def test_a_lost_ledger_still_knows_the_settlements_of_the_lake(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    lay(simulator, "0071", ends="\n")
    client.sync(FEED, lake)
    client.close()
    shutil.rmtree(home)
    clock.advance(DAY)
    lay(simulator, "0071", ends="\r\n")

    with simulator.client(home=home) as another:
        result = another.sync(FEED, lake)

    assert (result.windows, result.rows, result.failed) == (1, 0, ())
    assert settlements(lake) == ["0071"]


@pytest.mark.parametrize("how", ["parquet", "delta"])
def test_settlements_of_nights_without_a_run_come_though_the_store_is_lost(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    *,
    home: Path,
    how: str,
) -> None:
    lay(simulator, "0071", ends="\n")
    client.sync(YOUNG, lake, format=how)
    client.close()
    shutil.rmtree(home)
    clock.advance(DAY)
    lay(simulator, "0072", ends="\n")
    clock.advance(12 * DAY)

    with simulator.client(home=home) as another:
        another.sync(YOUNG, lake, format=how)

    assert settlements(lake) == ["0071", "0072"]


def test_a_host_that_joins_an_old_delta_lake_tells_no_gap_of_what_that_has(
    client: spr.Client,
    other_host: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
) -> None:
    feed = replace(FEED, since="2026-11-01")
    for number in ("0071", "0072"):
        lay(simulator, number, ends="\n")
        client.sync(feed, lake, format="delta")
        clock.advance(60 * DAY)

    result = other_host.sync(feed, lake, format="delta")

    assert (result.failed, result.gaps) == ((), ())


@pytest.mark.parametrize("tells", [True, False])
def test_a_clock_that_was_ahead_for_a_night_has_listed_none_of_the_nights_to_come(
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    tells: bool,
) -> None:
    if not tells:  # answers without a Date, and a settlement that is older
        monkeypatch.setattr(Connection, "seconds_ahead", lambda _: 0.0)
        lay(simulator, "0071", ends="\n")
    with simulator.client(home=home, clock=Ahead(clock, 20)) as client:
        client.sync(replace(YOUNG, since="30d"), lake)
    lay(simulator, "0072", ends="\n")
    clock.advance(12 * DAY)

    with simulator.client(home=home) as client:
        client.sync(YOUNG, lake)

    assert settlements(lake)[-1] == "0072"


@pytest.mark.parametrize("tells", [True, False])
@pytest.mark.parametrize("days", [80, 120])
def test_a_clock_that_was_ahead_for_a_night_leaves_no_gap_of_what_amazon_lists(
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    monkeypatch: pytest.MonkeyPatch,
    *,
    home: Path,
    days: int,
    tells: bool,
) -> None:
    if not tells:  # answers without a Date
        monkeypatch.setattr(Connection, "seconds_ahead", lambda _: 0.0)
    gaps = []
    for its in (clock, Ahead(clock, days), clock):
        with simulator.client(home=home, clock=its) as client:
            gaps.append(client.sync(FEED, lake).gaps)
        clock.advance(20 * DAY)

    assert gaps[2] == ()
    assert (gaps[1] == ()) is tells


@pytest.mark.slow
@pytest.mark.parametrize("days", [2, 40])
def test_a_clock_that_is_behind_for_a_night_takes_away_no_gap(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path, *, days: int
) -> None:
    lay(simulator, "0071", ends="\n")
    with simulator.client(home=home) as client:
        client.sync(FEED, lake)
    clock.advance(120 * DAY)
    recent = clock.now() - timedelta(days=50)
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5), created=recent)
    gaps = []
    clocks: tuple[Clock, ...] = (clock, Ahead(clock, -days), clock)
    for its in clocks:
        with simulator.client(home=home, clock=its) as client:
            gaps.append(client.sync(FEED, lake).gaps)

    assert len(gaps[0]) == 1
    assert gaps[2] == gaps[0]


def test_a_clock_that_is_behind_knows_when_it_listed_last(
    simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    lay(simulator, "0071", ends="\n")
    gaps = []
    for night in range(13):
        clock.advance(8 * DAY if night < 12 else 3600)
        with simulator.client(home=home, clock=Ahead(clock, -1)) as client:
            gaps.append(client.sync(FEED, lake).gaps)

    assert not any(gaps)


def test_what_a_killed_run_had_begun_comes_before_its_doubles(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    older = lay(simulator, "0071", ends="\n")
    clock.advance(60)
    younger = lay(simulator, "0071", ends="\r\n")
    # Only the younger one can be had, and the run ends after its rows are visible
    simulator.faults.add(
        Fault(operation="getReportDocument", kind="status", status=400, code="No")
    )

    def killed(step: str) -> None:
        if step == "landed":
            raise KeyboardInterrupt

    stream = client._stream(FEED)
    with pytest.raises(KeyboardInterrupt):
        run(client._connection, [stream], lake, at=killed)
    assert settlements(lake) == ["0071"]

    result = client.sync(FEED, lake, retry_gaps=True)

    # The younger one's rows are in the lake, which says so itself
    assert (result.windows, result.failed, result.gaps) == (1, (), ())
    assert settlements(lake) == ["0071"]
    scanned = spr.scan_lake(lake, "settlement", metadata=True).collect()
    assert set(scanned["report_id"]) == {younger} != {older}


def test_what_a_killed_run_was_writing_is_ended_before_its_doubles(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lay(simulator, "0071", ends="\n")
    clock.advance(60)
    younger = lay(simulator, "0071", ends="\r\n")
    simulator.faults.add(
        Fault(operation="getReportDocument", kind="status", status=400, code="No")
    )

    def killed(*_: object, **_more: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("spreports.sync.landing.Landing.land", killed)
        with pytest.raises(KeyboardInterrupt):
            client.sync(FEED, lake)

    result = client.sync(FEED, lake, retry_gaps=True)

    # The older one, which came to be had since, waits for nothing
    assert (result.windows, result.failed, result.gaps) == (2, (), ())
    scanned = spr.scan_lake(lake, "settlement", metadata=True).collect()
    assert set(scanned["report_id"]) == {younger}


def test_a_settlement_that_is_lost_comes_again_by_whichever_report_still_has_it(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    first = lay(simulator, "0071", ends="\n")
    clock.advance(60)
    lay(simulator, "0071", ends="\r\n")
    lay(simulator, "0072", ends="\n")
    client.sync(FEED, lake)
    assert settlements(lake) == ["0071", "0072"]
    for path in Path(lake).rglob(f"{first}*"):
        path.unlink()
    shutil.rmtree(home / "documents")
    # The first of them to be asked for is one that Amazon has no more
    simulator.faults.add(
        Fault(operation="getReportDocument", kind="status", status=404)
    )

    client.sync(FEED, lake, refill=True)

    assert settlements(lake) == ["0071", "0072"]


def test_what_another_feed_has_begun_holds_a_settlement_up_for_a_day(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    lay(simulator, "0071", places=["FR"], ends="\r\n")

    def killed(step: str) -> None:
        if step == "landed":
            raise KeyboardInterrupt

    french = client._stream(spr.Feed("settlement", marketplaces=["FR"]))
    with pytest.raises(KeyboardInterrupt):
        run(client._connection, [french], lake, at=killed)
    shutil.rmtree(lake)
    lay(simulator, "0071", places=["DE"], ends="\n")

    (held_up,) = client.sync(FEED, lake).failed
    clock.advance(DAY - 60)
    (still,) = client.sync(FEED, lake).failed
    clock.advance(DAY)
    result = client.sync(FEED, lake)

    assert "the same settlement is on its way by document" in held_up.reason
    assert still.reason == held_up.reason
    assert (result.rows, result.failed) == (3, ())
    assert settlements(lake) == ["0071"]


def test_what_waits_for_its_double_however_long_keeps_nobody_waiting_itself(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for ends in ("\n", "\r\n"):
        lay(simulator, "0071", ends=ends)
        clock.advance(60)

    def full(*_: object, **_more: object) -> None:
        raise spr.SinkError("full")

    def slow(step: str) -> None:
        clock.advance(2 * DAY if step == "downloaded" else 0)

    with monkeypatch.context() as patched:
        patched.setattr("spreports.sync.landing.Landing.land", full)
        late = run(client._connection, [client._stream(FEED)], lake, at=slow)

    first, second = (missed.reason for missed in late.failed)
    assert first == "full"
    assert "is on its way" in second
    result = client.sync(FEED, lake)
    assert (result.windows, result.rows, result.failed) == (2, 3, ())


def test_settlements_of_a_delta_lake_are_taken_once_by_every_host(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    lay(simulator, "0071", ends="\n")
    client.sync(FEED, lake, format="delta")
    clock.advance(DAY)
    lay(simulator, "0071", ends="\r\n")
    lay(simulator, "0072", ends="\n")
    with simulator.client(home=home.with_name("another host")) as another:
        another.sync(FEED, lake, format="delta")
    client.sync(FEED, lake, format="delta")

    assert settlements(lake) == ["0071", "0072"]
    assert pl.read_delta(f"{lake}/{SETTLEMENT}/rows").height == 4


def test_a_time_that_was_not_listed_is_told_until_gaps_are_tried_again(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    lay(simulator, "0071", ends="\n")
    client.sync(FEED, lake)
    clock.advance(120 * DAY)
    lay(simulator, "0072", ends="\n")

    results = [client.sync(FEED, lake) for _ in range(2)]
    (gap,) = results[1].gaps
    assert "90 days" in gap.reason
    assert results[0].gaps == results[1].gaps
    assert client.sync(FEED, lake, retry_gaps=True, dry_run=True).gaps == (gap,)

    assert client.sync(FEED, lake, retry_gaps=True).gaps == ()
    assert client.sync(FEED, lake).gaps == ()
    assert settlements(lake) == ["0071", "0072"]


class Nights:
    """Runs of hosts that keep no store, one each night or after some days."""

    def __init__(
        self, simulator: Simulator, clock: ManualClock, home: Path, kind: str
    ) -> None:
        self._simulator, self._clock, self._homes = simulator, clock, home
        self.lake, self._format = str(home.with_name("lake")), kind

    def sync(
        self,
        feed: spr.Feed = FEED,
        *,
        days: int = 1,
        home: str | None = None,
        **how: Any,
    ) -> spr.SyncResult:
        """A night of a host with a new store, or with one that is kept by that name."""
        home = home or f"{sum(1 for _ in self._homes.glob('*'))}"
        with self._simulator.client(home=self._homes / home) as client:
            result = client.sync(feed, self.lake, format=self._format, **how)
        self._clock.advance(days * DAY)
        return result

    def note(self) -> Path:
        (note,) = Path(self.lake).rglob("*.feed")
        return note

    def delete(self, name: str) -> None:
        """Delete files and markers of the lake, and leave its note."""
        for path in Path(self.lake).rglob(name):
            path.unlink()


@pytest.fixture
def nights(
    simulator: Simulator,
    clock: ManualClock,
    home: Path,
    request: pytest.FixtureRequest,
) -> Nights:
    return Nights(simulator, clock, home, getattr(request, "param", "parquet"))


both_formats = pytest.mark.parametrize("nights", ["parquet", "delta"], indirect=True)


@both_formats
def test_a_host_that_keeps_no_store_downloads_no_settlement_twice(
    nights: Nights, simulator: Simulator, clock: ManualClock
) -> None:
    # The last two are the same, byte for byte
    for ends in ("\n", "\r\n", "\r\n"):
        lay(simulator, "0071", ends=ends)
        clock.advance(60)
    first = nights.sync()

    second = nights.sync()

    assert (first.windows, second.windows) == (3, 0)
    assert calls(simulator)["getReportDocument"] == 3
    assert settlements(nights.lake) == ["0071"]


@pytest.mark.slow
def test_a_settlement_whose_files_and_markers_are_gone_comes_by_any_of_its_reports(
    nights: Nights, simulator: Simulator, clock: ManualClock
) -> None:
    first = lay(simulator, "0071", ends="\n")
    for ends in ("\r\n", "\r\n"):
        clock.advance(60)
        lay(simulator, "0071", ends=ends)
    lay(simulator, "0072", ends="\n")
    nights.sync()
    nights.delete(f"{first}*")
    simulator.faults.add(
        Fault(operation="getReportDocument", kind="status", status=404)
    )

    nights.sync()

    assert settlements(nights.lake) == ["0071", "0072"]
    # The one that could not be had
    assert nights.sync(retry_gaps=True).windows == 1


@both_formats
@pytest.mark.slow
@pytest.mark.parametrize("store", [None, "kept"])
def test_a_feed_that_was_listed_and_had_nothing_new_for_long_has_no_gap(
    nights: Nights, simulator: Simulator, store: str | None
) -> None:
    lay(simulator, "0071", ends="\n")

    gaps = [nights.sync(days=40, home=store).gaps for _ in range(5)]

    assert not any(gaps)


@both_formats
@pytest.mark.slow
def test_a_time_that_nobody_listed_is_told_by_each_new_store_until_it_is_tried_again(
    nights: Nights, simulator: Simulator
) -> None:
    lay(simulator, "0071", ends="\n")
    nights.sync(days=120)

    first, second = (nights.sync().gaps for _ in range(2))

    assert len(first) == 1
    assert first == second == nights.sync(refill=True).gaps == nights.sync().gaps
    assert nights.sync(retry_gaps=True).gaps == nights.sync().gaps == ()


@pytest.mark.slow
@pytest.mark.parametrize("nights", ["delta"], indirect=True)
def test_a_note_counts_for_no_settlement_that_a_restore_took_back(
    nights: Nights, simulator: Simulator
) -> None:
    for number in ("0071", "0072"):
        lay(simulator, number, ends="\n")
        nights.sync(YOUNG)
    tables = [Path(nights.lake, SETTLEMENT, each) for each in ("rows", "summary")]
    for table in map(deltalake.DeltaTable, tables):
        table.restore(table.version() - 1)
    assert settlements(nights.lake) == ["0071"]

    results = [nights.sync(YOUNG) for _ in range(2)]

    assert settlements(nights.lake) == ["0071", "0072"]
    assert [result.windows for result in results] == [1, 0]


@pytest.mark.slow
@pytest.mark.parametrize("wrong", ["damaged", "to come", "rows lost"])
def test_a_note_that_is_wrong_tells_no_time_of_a_listing(
    nights: Nights, simulator: Simulator, clock: ManualClock, wrong: str
) -> None:
    feed = replace(FEED, since=day(1))
    report_id = lay(simulator, "0071", ends="\n")
    nights.sync(feed, days=60)
    nights.sync(feed, days=60)
    said = json.loads(nights.note().read_text())
    if wrong == "rows lost":
        nights.delete(f"{report_id}*")
    else:
        later = (clock.now() + timedelta(days=3)).isoformat()
        said["listed"] = later if wrong == "to come" else "later"
    nights.note().write_text(json.dumps(said))

    (gap,) = nights.sync(feed).gaps

    assert gap.start == (day(1) if wrong == "rows lost" else NIGHT)
    assert nights.sync(feed).gaps == (gap,)


@both_formats
@pytest.mark.slow
def test_a_listing_that_is_to_come_by_a_clock_a_little_behind_counts(
    nights: Nights, simulator: Simulator, clock: ManualClock
) -> None:
    lay(simulator, "0071", ends="\n")
    nights.sync(days=60)
    nights.sync(days=60)
    said = json.loads(nights.note().read_text())
    said["listed"] = (clock.now() + timedelta(minutes=2)).isoformat()
    nights.note().write_text(json.dumps(said))

    assert nights.sync().gaps == nights.sync().gaps == ()


@both_formats
@pytest.mark.slow
def test_what_failed_for_many_nights_of_new_stores_comes_when_it_can_be_had(
    nights: Nights, simulator: Simulator
) -> None:
    lay(simulator, "0071", ends="\n")
    nights.sync(YOUNG)
    lay(simulator, "0072", ends="\n")
    for _ in range(3):
        simulator.faults.add(
            Fault(operation="getReportDocument", kind="status", status=403)
        )
        assert nights.sync(YOUNG, days=3).rows == 0

    assert nights.sync(YOUNG).rows > 0

    assert settlements(nights.lake) == ["0071", "0072"]


@pytest.mark.slow
def test_a_settlement_that_was_purged_does_not_come_again_by_its_doubles(
    nights: Nights, simulator: Simulator
) -> None:
    feed = replace(FEED, since=day(1))
    for ends in ("\n", "\r\n"):
        lay(simulator, "0071", ends=ends)
    # Amazon still lists what it made on the tenth, and nothing that is older
    nights.sync(feed, days=88)
    spr.Lake(nights.lake).purge(day(6).date())

    results = [nights.sync(feed, days=60) for _ in range(3)]

    assert [(r.windows, r.failed, r.gaps) for r in results] == [(0, (), ())] * 3


@pytest.mark.slow
def test_a_purge_excuses_no_settlement_that_is_lost_later(
    nights: Nights, simulator: Simulator
) -> None:
    lay(simulator, "0071", ends="\n", last=3)
    nights.sync(YOUNG)
    lay(simulator, "0072", ends="\n")
    nights.sync(YOUNG)
    assert spr.Lake(nights.lake).purge(day(4).date()).rows
    report_id = lay(simulator, "0073", ends="\n")
    nights.sync(YOUNG)
    nights.sync(YOUNG, days=12)
    nights.delete(f"{report_id}*")

    nights.sync(YOUNG)

    assert settlements(nights.lake) == ["0072", "0073"]


@pytest.mark.slow
def test_a_host_that_keeps_its_store_notes_no_document_that_was_purged(
    nights: Nights, simulator: Simulator, clock: ManualClock
) -> None:
    lay(simulator, "0071", ends="\n", last=3)
    nights.sync(YOUNG, home="kept")
    assert spr.Lake(nights.lake).purge(day(4).date()).rows
    nights.sync(YOUNG, home="kept", days=2)
    lay(simulator, "0072", ends="\n")

    assert json.loads(nights.note().read_text())["newest"] is None
    clock.advance(10 * DAY)
    nights.sync(YOUNG)

    assert settlements(nights.lake) == ["0072"]


@both_formats
@pytest.mark.slow
@pytest.mark.parametrize("is_kept", [True, False])
def test_a_settlement_that_is_given_up_is_told_by_a_new_store_and_holds_up_no_listing(
    nights: Nights, simulator: Simulator, *, is_kept: bool
) -> None:
    home = "kept" if is_kept else None
    lay(simulator, "0071", ends="\n")
    nights.sync(home=home)
    lay(simulator, "0072", ends="\n")
    simulator.faults.add(
        Fault(operation="getReportDocument", kind="status", status=404)
    )
    (gap,) = nights.sync(days=60, home=home).gaps
    lay(simulator, "0073", ends="\n")
    nights.sync(days=60, home=home)
    asked = calls(simulator)["getReportDocument"]

    result = nights.sync()

    assert result.gaps == (gap,)
    assert calls(simulator)["getReportDocument"] == asked == 3

"""A run asks for what is due, and the lake has what Amazon served."""

from __future__ import annotations

import shutil
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import fsspec
import pytest

import spreports as spr
from spreports.client import syncing
from spreports.client.settings import Settings
from spreports.ledger import windows
from spreports.simulator import Fault, Simulator
from tests.clocks import ManualClock
from tests.load.lake import markers
from tests.sync.conftest import calls
from tests.sync.lake import (
    LISTINGS,
    ORDERS,
    SETTLEMENT,
    TRAFFIC,
    check_orders,
    day,
    rows,
    versions,
)

DAY = 86_400.0
FEED = spr.Feed("orders", marketplaces=["DE"], since="2026-11-01", lookback=3)


def test_the_first_run_fills_the_lake_and_the_second_asks_for_nothing(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    first = client.sync([FEED], lake)
    asked = calls(simulator)
    second = client.sync([FEED], lake)

    # 1 to 6 November is one window, the last three days are windows of their own
    assert (first.windows, first.created, first.adopted) == (4, 4, 0)
    assert (second.windows, second.created, second.adopted) == (0, 0, 0)
    assert calls(simulator) == asked
    for result in (first, second):
        assert (result.failed, result.gaps) == ((), ())
    served = check_orders(
        simulator,
        f"{lake}/{ORDERS}",
        day(1),
        day(10),
        clock.now(),
        marketplaces=["DE"],
    )
    assert first.rows == served > 100


def test_reports_that_others_asked_for_are_adopted_and_not_created(
    client: spr.Client, simulator: Simulator, lake: str, tmp_path: Path
) -> None:
    client.sync(FEED, f"{lake}/ours")
    before = calls(simulator)["createReport"]

    with simulator.client(home=tmp_path / "another store") as another:
        result = another.sync(FEED, f"{lake}/theirs")

    assert (result.windows, result.created, result.adopted) == (4, 0, 4)
    assert calls(simulator)["createReport"] == before


def test_what_is_no_feed_is_refused_in_words(client: spr.Client, lake: str) -> None:
    with pytest.raises(TypeError, match=r"'orders' is no Feed: spreports\.Feed"):
        client.sync(["orders"], lake)  # type: ignore[list-item]  # on purpose


def test_the_next_night_asks_again_for_what_is_restated_and_for_the_new_day(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    client.sync([FEED], lake)
    clock.advance(DAY)

    result = client.sync([FEED], lake)

    reasons = [(w.start, w.reason) for w in result.plan.windows]
    assert reasons == [
        (day(10), "new"),
        (day(9), "restated"),
        (day(8), "restated"),
        (day(7), "restated"),
    ]
    assert len(markers(f"{lake}/{ORDERS}")) == 8
    assert len(versions(f"{lake}/{ORDERS}")) == 5


@pytest.mark.slow
def test_nights_that_were_missed_are_made_up_for(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    client.sync([FEED], lake)
    clock.advance(9 * DAY)

    result = client.sync([FEED], lake)

    # The windows that were young then are asked for a last time; six older days come
    # in one window, the last three one by one
    starts = [w.start for w in result.plan.windows]
    assert starts == [day(n) for n in (18, 17, 16, 10, 9, 8, 7)]
    clock.advance(10 * DAY)
    assert client.sync([FEED], lake, dry_run=True).plan.windows[-1].start == day(16)


@pytest.mark.slow
def test_every_kind_of_feed_lies_in_its_own_folder(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    feeds = [
        FEED,
        spr.Feed(
            "sales_and_traffic", marketplaces=["DE"], since="2026-11-07", lookback=1
        ),
        spr.Feed("settlement", marketplaces=["DE"]),
        spr.Feed("listings", marketplaces=["DE"]),
    ]

    result = client.sync(feeds, lake)

    assert (result.failed, result.gaps) == ((), ())
    assert (result.created, result.adopted) == (4 + 3 + 1, 1)
    # A day is a window of its own even where it is old: articles are summed over it
    for table in ("salesAndTrafficByDate", "salesAndTrafficByAsin"):
        truth = [
            row
            for n in (7, 8, 9)
            for row in simulator.truth(
                TRAFFIC,
                day(n),
                day(n + 1),
                clock.now(),
                marketplaces=["DE"],
                table=table,
            )
        ]
        found = rows(f"{lake}/{TRAFFIC}/{table}")
        key = "date" if table.endswith("Date") else "parentAsin"
        assert sorted(str(r[key]) for r in found) == sorted(str(r[key]) for r in truth)
        units = f"salesBy{table.rpartition('By')[2]}.unitsOrdered"
        assert sum(r[units] for r in found) == sum(int(r[units]) for r in truth)
    assert len(rows(f"{lake}/{SETTLEMENT}/summary")) == 1
    assert len(rows(f"{lake}/{LISTINGS}")) == 20
    again = client.sync(feeds, lake)
    assert (again.windows, again.created, again.adopted) == (0, 0, 0)


def test_a_lost_ledger_is_read_back_from_the_lake_and_nothing_is_fetched_twice(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, home: Path
) -> None:
    feeds = [
        FEED,
        spr.Feed("listings", marketplaces=["DE"]),
        spr.Feed("settlement", marketplaces=["DE"]),
        spr.Feed(
            "sales_and_traffic", marketplaces=["DE"], since="2026-11-07", lookback=1
        ),
    ]
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    client.sync(feeds, lake)
    before = calls(simulator)
    client.close()
    shutil.rmtree(home)

    with simulator.client(home=home) as another:
        result = another.sync(feeds, lake)
        clock.advance(DAY)
        next_night = another.sync(FEED, lake)

    after = calls(simulator)
    assert (result.windows, result.created, result.adopted) == (0, 0, 0)
    assert next_night.windows == 4
    assert after["createReport"] == before["createReport"] + 4
    assert after["document"] == before["document"] + 4


def test_a_dry_run_says_what_is_due_and_asks_nobody(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    result = client.sync(
        [FEED, spr.Feed("settlement", marketplaces=["DE"])], lake, dry_run=True
    )

    assert [w.reason for w in result.plan.windows] == ["new"] * 4
    assert result.plan.listed == (SETTLEMENT,)
    assert result.plan.cost.calls["getReportDocument"] == 4
    assert "2026-11-09 to 2026-11-10 (new)" in str(result.plan)
    assert simulator.requests == []
    assert not Path(lake).exists()


def test_what_is_planned_after_a_night_that_asked_for_nothing_is_asked_for(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09")
    client.sync(feed, lake)
    clock.advance(DAY)
    simulator.faults.add(
        Fault(operation="createReport", kind="status", status=429, times=0)
    )
    assert len(client.sync(feed, lake, timeout=60).failed) == 2
    simulator.faults.clear()

    planned = client.sync(feed, lake, dry_run=True).plan.cost
    result = client.sync(feed, lake)

    assert planned.calls["createReport"] == result.created == 2


def test_one_poisoned_window_does_not_stop_the_others(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    simulator.faults.add(
        Fault(operation="report", kind="fatal", nth=2, message="It is broken.")
    )
    first = client.sync([FEED], lake)
    second = client.sync([FEED], lake)

    assert first.windows == 3
    (failed,) = first.failed
    assert (failed.kind, failed.start, failed.tries) == (
        "ReportFatalError",
        day(8),
        1,
    )
    assert "Amazon says: It is broken; " in failed.reason
    assert (second.windows, second.failed) == (1, ())
    check_orders(
        simulator, f"{lake}/{ORDERS}", day(1), day(10), clock.now(), marketplaces=["DE"]
    )


def test_a_refused_request_fails_alone(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    simulator.faults.add(
        Fault(
            operation="createReport",
            kind="status",
            status=400,
            code="InvalidInput",
            nth=2,
        )
    )

    result = client.sync([FEED], lake)

    assert result.windows == 3
    assert [one.kind for one in result.failed] == ["BadRequestError"]
    assert client.sync([FEED], lake).windows == 1


def test_what_fails_again_and_again_becomes_a_gap_and_is_let_be(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    simulator.faults.add(Fault(operation="report", kind="fatal", nth=1, times=0))
    one_day = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09", lookback=0)
    for tries in range(1, 5):
        (failed,) = client.sync([one_day], lake).failed
        assert failed.tries == tries

    last = client.sync([one_day], lake)
    asked = calls(simulator)
    later = client.sync([one_day], lake)

    (gap,) = last.gaps
    assert last.failed == ()
    assert "given up after 5 tries" in gap.reason
    assert later.gaps == (gap,)
    assert later.failed == ()
    assert calls(simulator) == asked
    client.sync([one_day], lake, retry_gaps=True)
    assert calls(simulator)["createReport"] == asked["createReport"] + 1


def test_what_is_still_restated_is_never_given_up(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    simulator.faults.add(Fault(operation="report", kind="fatal", nth=1, times=0))
    one_day = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09", lookback=2)
    runs = [client.sync([one_day], lake) for _ in range(8)]
    clock.advance(2 * DAY)

    late = client.sync([one_day], lake)

    assert all(run.gaps == () and len(run.failed) == 1 for run in runs)
    (gap,) = late.gaps
    assert (gap.start, gap.tries) == (day(9), 9)
    assert [one.start for one in late.failed] == [day(11), day(10)]


def short_orders(
    since: str | date | None, *, lookback: int = 1, history: int = 4
) -> spr.Feed:
    """Orders of which Amazon makes reports for a few days back."""
    entry = spr.report_type("orders")
    short = spr.ReportType(
        report_type=entry.report_type,
        format="tsv",
        charset="utf-8",
        max_window_days=30,
        history_days=history,
        tables=entry.tables,
    )
    return spr.Feed(short, marketplaces=["DE"], since=since, lookback=lookback)


def test_days_that_amazon_cannot_make_any_more_are_a_gap(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    feed = short_orders("2026-11-01")

    first, second = client.sync([feed], lake), client.sync([feed], lake)

    (gap,) = first.gaps
    assert (gap.start, gap.end, gap.kind) == (day(1), day(6), "Expired")
    assert first.windows == 2
    assert second.gaps == first.gaps
    assert second.created == 0


def test_days_that_amazon_cannot_make_are_told_until_gaps_are_tried_again(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    feed = short_orders("2026-11-01", lookback=0)
    client.sync([feed], lake)

    again = client.sync([feed], lake, retry_gaps=True)
    clock.advance(DAY)
    later = client.sync([feed], lake, retry_gaps=True)

    assert (again.failed, again.gaps, again.created) == ((), (), 0)
    assert (later.failed, later.gaps, later.created) == ((), (), 1)


def test_what_is_lost_in_the_run_that_tries_gaps_again_is_told(
    client: spr.Client, lake: str
) -> None:
    result = client.sync([short_orders("2026-11-01")], lake, retry_gaps=True)

    assert [gap.end for gap in result.gaps] == [day(6)]


def test_a_gap_that_was_told_no_more_is_tried_again_where_the_history_is_longer(
    client: spr.Client, lake: str
) -> None:
    short = short_orders("2026-11-01", lookback=0)
    client.sync([short], lake)
    client.sync([short], lake, retry_gaps=True)
    longer = short_orders("2026-11-01", lookback=0, history=30)

    result = client.sync([longer], lake, retry_gaps=True)

    assert (result.windows, result.failed, result.gaps) == (1, (), ())


def test_a_gap_before_the_first_day_of_a_feed_is_none_of_it(
    client: spr.Client, lake: str
) -> None:
    client.sync([short_orders("2026-11-01")], lake)

    mended = client.sync([short_orders("2026-11-06")], lake, retry_gaps=True)
    between = client.sync([short_orders(date(2026, 11, 5))], lake)

    assert mended.gaps == ()
    assert [gap.start for gap in between.gaps] == [day(1)]


@pytest.mark.parametrize("since", ["10d", "1w", None])
def test_a_gap_stays_one_when_a_since_that_goes_with_the_clock_has_passed_it(
    client: spr.Client, clock: ManualClock, lake: str, since: str | None
) -> None:
    (gap,) = client.sync([short_orders(since)], lake).gaps
    clock.advance(40 * DAY)

    assert gap in client.sync([short_orders(since)], lake).gaps


def test_days_before_the_day_that_a_feed_is_moved_to_are_neither_asked_for_nor_told(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    first = spr.Feed("orders", marketplaces=["DE"], since="2026-11-07", lookback=1)
    moved = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09", lookback=1)
    simulator.faults.add(Fault(operation="report", kind="fatal", times=0))
    before = client.sync([first], lake)

    result = client.sync([moved], lake)
    simulator.faults.clear()
    back = client.sync([first], lake)

    assert [one.start for one in before.failed] == [day(9), day(7)]
    assert [one.start for one in result.failed] == [day(9)]
    assert (result.created, result.gaps) == (1, ())
    assert (back.windows, back.failed, back.gaps) == (2, (), ())


def test_rows_that_stay_are_no_gap_for_ever_where_no_newer_ones_can_be_had(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    feed = short_orders("2026-11-09", lookback=1)
    client.sync([feed], lake)
    simulator.faults.add(Fault(operation="report", kind="fatal", times=2))
    clock.advance(DAY)
    client.sync([feed], lake)
    clock.advance(5 * DAY)

    (gap, *_) = client.sync([feed], lake).gaps
    again = client.sync([feed], lake, retry_gaps=True)

    assert (gap.start, gap.kind) == (day(9), "Expired")
    assert "rows stay" in gap.reason
    assert (again.failed, again.gaps) == ((), ())
    assert client.sync([feed], lake).gaps == ()


# Amazon lists a document, and has it no more
GONE = Fault(operation="getReportDocument", kind="status", status=400, code="Gone")


def test_a_listed_document_is_told_until_it_is_tried_again_and_listed_no_more(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    simulator.faults.add(GONE)
    feed = spr.Feed("settlement", marketplaces=["DE"])
    client.sync([feed], lake)
    for _ in range(2):
        clock.advance(50 * DAY)
        told = client.sync([feed], lake)

    again = client.sync([feed], lake, retry_gaps=True)

    assert len(told.gaps) == 1
    assert (again.windows, again.failed, again.gaps) == (0, (), ())
    assert client.sync([feed], lake).gaps == ()


@pytest.mark.parametrize("code", ["Gone", "Forbidden"])
def test_a_document_that_is_listed_still_is_not_given_up_by_a_later_since(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, code: str
) -> None:
    """One that Amazon denies is a gap, one that fails otherwise is tried again."""
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    status = 400 if code == "Gone" else 403
    simulator.faults.add(
        Fault(operation="getReportDocument", kind="status", status=status, code=code)
    )
    client.sync([spr.Feed("settlement", marketplaces=["DE"])], lake)
    simulator.place_report(SETTLEMENT, ["DE"], day(2), day(6))
    clock.advance(3 * DAY)
    yesterday = clock.now() - timedelta(days=1)
    later = spr.Feed("settlement", marketplaces=["DE"], since=yesterday)

    result = client.sync([later], lake, retry_gaps=True)

    # And of what nobody knew before, nothing that is older than `since`
    assert (result.windows, result.failed, result.gaps) == (1, (), ())


def test_nights_that_a_rolling_since_has_passed_without_a_run_are_made_up_for(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    feeds = [
        spr.Feed(name, marketplaces=["DE"], since="3d", lookback=0)
        for name in ("orders", "settlement")
    ]
    client.sync(feeds, lake)
    clock.advance(2 * DAY)
    simulator.place_report(SETTLEMENT, ["DE"], day(2), day(6))
    clock.advance(10 * DAY)

    result = client.sync(feeds, lake)

    assert (result.failed, result.gaps, result.adopted) == ((), (), 1)
    held = spr.scan_lake(lake, "orders", metadata=True).select("data_start_time")
    assert held.collect().to_series().min() == day(7)
    reports = spr.Lake(lake).reports("orders")
    spans = [(r.data_start_time, r.data_end_time) for r in reports]
    days = [end - start for start, end in spans if start and end]
    assert sum(days, timedelta()) == timedelta(days=3 + 12)


def test_a_window_that_the_history_has_come_to_cross_is_lost_in_part_alone(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    short = replace(spr.report_type("orders"), history_days=4)
    feed = spr.Feed(short, marketplaces=["DE"], since="4d", lookback=0)
    down = Fault(operation="createReport", kind="status", status=400, times=0)
    simulator.faults.add(down)
    first = client.sync([feed], lake)
    simulator.faults.clear()
    clock.advance(2 * DAY)

    second = client.sync([feed], lake)
    third = client.sync([feed], lake)

    assert (len(first.failed), first.rows) == (1, 0)
    assert [(w.start, w.end) for w in second.gaps] == [(day(6), day(8))]
    assert second.failed == ()
    held = spr.scan_lake(lake, short, metadata=True).select("data_start_time")
    assert held.collect().to_series().min() == day(8)
    assert (third.created, third.gaps) == (0, second.gaps)


def test_a_document_that_was_told_no_more_and_is_listed_again_is_taken_in(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    simulator.faults.add(GONE)
    feed = spr.Feed("settlement", marketplaces=["DE"])
    client.sync([feed], lake)
    clock.advance(100 * DAY)
    ahead = client.sync([feed], lake, retry_gaps=True)
    clock.advance(-100 * DAY)

    right_again = client.sync([feed], lake)

    assert (ahead.windows, ahead.failed) == (0, ())
    assert (right_again.windows, right_again.failed) == (1, ())


def test_what_amazon_listed_while_nobody_looked_is_a_gap(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    feed = spr.Feed("settlement", marketplaces=["DE"])
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    first = client.sync([feed], lake)
    clock.advance(100 * DAY)

    late = client.sync([feed], lake)

    assert (first.windows, first.gaps) == (1, ())
    (gap,) = late.gaps
    assert gap.start is not None
    assert gap.end is not None
    assert gap.end - gap.start == pytest.approx(
        timedelta(days=10), abs=timedelta(minutes=10)
    )


def test_a_listed_document_that_amazon_no_longer_has_is_a_gap(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    simulator.place_report(SETTLEMENT, ["DE"], day(2), day(6))
    simulator.faults.add(GONE)
    feed = spr.Feed("settlement", marketplaces=["DE"])

    first, second = client.sync([feed], lake), client.sync([feed], lake)
    third = client.sync([feed], lake, retry_gaps=True)

    (gap,) = first.gaps
    assert "Amazon no longer has the document" in gap.reason
    assert (first.windows, second.windows, second.gaps) == (1, 0, first.gaps)
    assert (third.windows, third.gaps) == (1, ())


def test_a_refusal_that_is_not_about_a_listed_document_makes_no_gap(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    simulator.faults.add(
        Fault(operation="getReportDocument", kind="status", status=415, code="Type")
    )
    feed = spr.Feed("settlement", marketplaces=["DE"])

    first, second = client.sync([feed], lake), client.sync([feed], lake)

    assert (first.windows, first.gaps, len(first.failed)) == (0, (), 1)
    assert (second.windows, second.gaps, second.failed) == (1, (), ())


@pytest.mark.parametrize(("status", "code"), [(404, "NoSuchKey"), (403, "Denied")])
def test_a_document_that_its_host_refuses_for_days_is_a_gap(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    lake: str,
    *,
    status: int,
    code: str,
) -> None:
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    refused = Fault(
        operation="document", kind="status", status=status, code=code, times=0
    )
    simulator.faults.add(refused)
    feed = spr.Feed("settlement", marketplaces=["DE"])
    nights = []
    for _ in range(7):
        nights.append(client.sync([feed], lake))
        clock.advance(DAY)
    simulator.faults.clear()

    healed = client.sync([feed], lake, retry_gaps=True)

    assert [len(night.failed) for night in nights] == [1, 1, 1, 1, 0, 0, 0]
    assert [len(night.gaps) for night in nights] == [0, 0, 0, 0, 1, 1, 1]
    assert "given up after 5 tries" in nights[-1].gaps[0].reason
    assert (healed.windows, healed.gaps) == (1, ())


def test_a_settlement_listed_under_two_reports_is_taken_once(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))

    result = client.sync([spr.Feed("settlement", marketplaces=["DE"])], lake)

    assert result.windows == 2
    assert len(rows(f"{lake}/{SETTLEMENT}/summary")) == 1


def test_no_data_now_does_not_take_away_the_rows_that_are_there(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    one_day = spr.Feed("orders", marketplaces=["DE"], since="2026-11-09")
    first = client.sync([one_day], lake)
    clock.advance(DAY)
    simulator.faults.add(Fault(operation="report", kind="cancelled", nth=2))

    second = client.sync([one_day], lake)

    (failed,) = second.failed
    assert failed.kind == "ReportCancelledError"
    assert len(rows(f"{lake}/{ORDERS}")) > first.rows > 0


def test_a_lake_in_memory_is_a_lake(
    client: spr.Client, simulator: Simulator, clock: ManualClock
) -> None:
    fs: Any = fsspec.filesystem("memory")
    fs.store.clear()

    client.sync([FEED], "memory://lake")

    check_orders(
        simulator,
        f"memory://lake/{ORDERS}",
        day(1),
        day(10),
        clock.now(),
        marketplaces=["DE"],
    )
    assert client.sync([FEED], "memory://lake").windows == 0
    fs.store.clear()


@pytest.mark.slow
def test_a_lake_on_s3_is_a_lake_and_its_keys_are_in_no_ledger(
    client: spr.Client,
    simulator: Simulator,
    clock: ManualClock,
    s3_server: str,
    home: Path,
) -> None:
    options = {
        "key": "test-key",
        "secret": "test-secret-canary",
        "client_kwargs": {"endpoint_url": s3_server, "region_name": "eu-west-1"},
    }
    fsspec.filesystem("s3", **options).mkdir("nightly")
    feed = spr.Feed("orders", marketplaces=["DE"], since="2026-11-08", lookback=1)

    first = client.sync([feed], "s3://nightly", storage_options=options)
    second = client.sync([feed], "s3://nightly", storage_options=options)

    assert (first.windows, second.windows) == (2, 0)
    check_orders(
        simulator,
        f"s3://nightly/{ORDERS}",
        day(8),
        day(10),
        clock.now(),
        marketplaces=["DE"],
        storage_options=options,
    )
    kept = b"".join(path.read_bytes() for path in home.rglob("*.sqlite*"))
    assert b"secret-canary" not in kept
    assert "secret-canary" not in repr(first)


def test_a_lake_that_refuses_midway_loses_nothing_and_no_document_is_fetched_again(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str
) -> None:
    written = 0

    class Full(type(fsspec.filesystem("memory"))):  # type: ignore[misc] # fsspec has no types
        protocol = ("full", "memory")
        store: dict[str, Any] = {}  # noqa: RUF012 - as in its parent
        pseudo_dirs: list[str] = [""]  # noqa: RUF012 - as in its parent
        room = 5

        def pipe_file(self, path: str, value: bytes, **_: Any) -> None:
            nonlocal written
            written += 1
            if written > self.room:
                raise OSError(28, "No space left on device")
            super().pipe_file(path, value)

    fsspec.register_implementation("full", Full, clobber=True)
    refused = client.sync([FEED], "full://lake")
    before = calls(simulator)
    Full.room = 10_000

    taken = client.sync([FEED], "full://lake")

    assert {one.kind for one in refused.failed} == {"SinkError"}
    assert "No space left" in refused.failed[0].reason
    assert refused.windows + taken.windows == 4
    assert calls(simulator) == before
    check_orders(
        simulator,
        f"full://lake/{ORDERS}",
        day(1),
        day(10),
        clock.now(),
        marketplaces=["DE"],
    )


def test_feeds_that_cannot_be_are_refused_before_anything_is_asked(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    with pytest.raises(ValueError, match="same type, marketplaces and options"):
        client.sync([FEED, FEED], lake)
    with pytest.raises(ValueError, match="is no table"):
        client.sync([spr.Feed("easyship_documents", marketplaces=["IN"])], lake)
    with pytest.raises(ValueError, match="on_drift"):
        client.sync([FEED], lake, on_drift="ignore")  # type: ignore[arg-type] # as users may
    with pytest.raises(ValueError, match="list of names"):
        spr.Feed("orders", marketplaces="DE")
    with pytest.raises(ValueError, match="lookback"):
        spr.Feed("orders", marketplaces=["DE"], lookback="soon")
    assert simulator.requests == []


def test_a_feed_that_begins_in_the_future_is_refused(
    client: spr.Client, simulator: Simulator, lake: str
) -> None:
    feed = spr.Feed("orders", marketplaces=["DE"], since="2030-01-01")

    with pytest.raises(ValueError, match=r"\(orders\): since=2030-01-01 .* future"):
        client.sync(feed, lake)

    assert simulator.requests == []


def test_a_feed_that_begins_before_amazon_is_refused_and_not_cut_into_windows(
    client: spr.Client, lake: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut: list[object] = []
    monkeypatch.setattr(syncing, "plan_dated", lambda *said: cut.append(said))
    feed = spr.Feed("returns", marketplaces=["DE"], since="0026-10-01")

    with pytest.raises(ValueError, match=r"since=0026-10-01 is before 1995") as caught:
        client.sync(feed, lake)

    assert str(caught.value).startswith("feed 1 (returns): ")
    assert "strict=False" not in str(caught.value)
    assert cut == []


@pytest.mark.parametrize(
    ("name", "folders", "told"),
    [
        ("orders", ["sku:day"], "no column 'sku' of GET_FLAT_.* is a date or timest"),
        ("orders", ["purchase-dat:day"], "did you mean 'purchase-date'"),
        ("orders", ["purchase-date:week"], "day, month or year"),
        ("orders", ["purchase-date:"], "day, month or year"),
        ("orders", ["report_id:day"], "no column 'report_id'"),
        ("orders", ["a/b"], "part of a path"),
        ("orders", [""], "part of a path"),
        ("orders", ["sku", "sku"], "twice"),
        ("orders", ["date:month", "date_month"], "twice"),
        ("orders", ["sku", "SKU"], "twice"),
        ("ledger_detail", ["date"], "has a column 'Date', which"),
        ("GET_VAT_TRANSACTION_DATA", ["marketplace"], "has a column 'MARKETPLACE'"),
        ("sales_and_traffic", ["parentAsin:day"], "no column 'parentAsin'"),
    ],
)
def test_folders_that_no_document_can_have_are_refused_before_anything_is_asked(
    client: spr.Client,
    simulator: Simulator,
    *,
    name: str,
    folders: list[str],
    told: str,
) -> None:
    feed = spr.Feed(name, marketplaces=["DE"], since="7d", partition_by=folders)

    with pytest.raises(ValueError, match=told):
        client.sync(feed, "memory://nowhere/lake")

    assert simulator.requests == []


@pytest.mark.parametrize(
    ("name", "folders"),
    [
        ("orders", ["sales-channel", "purchase-date:day", "date:month", "report_id"]),
        ("orders", ["Purchase-Date:year", "only-in-the-document"]),
        ("sales_and_traffic", ["date:day", "data_start_time:year"]),
        ("ledger_detail", ["Date", "date:month"]),
        ("GET_A_TYPE_OF_NEXT_YEAR", ["whatever:day"]),
    ],
)
def test_folders_that_a_document_may_have_are_left_to_it(
    client: spr.Client, name: str, folders: list[str]
) -> None:
    feed = spr.Feed(name, marketplaces=["DE"], since="7d", partition_by=folders)

    assert client.sync(feed, "memory://nowhere/lake", dry_run=True).plan is not None


def lines(lake: str) -> Counter[tuple[str, str]]:
    """How often each line of an order is in a lake."""
    frame = spr.scan_lake(lake, "orders", latest=True)
    found = frame.select("amazon-order-id", "sku").collect()
    return Counter((str(order), str(sku)) for order, sku in found.rows())


@pytest.mark.slow
def test_a_run_that_is_killed_while_it_reads_back_a_lake_doubles_nothing(
    simulator: Simulator,
    clock: ManualClock,
    home: Path,
    lake: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for _ in range(6):
        with simulator.client(home=home) as client:
            client.sync(FEED, lake)
        clock.advance(DAY)
    before = lines(lake)
    shutil.rmtree(home)
    written, left = windows._row, [3]

    def dying(*window: Any) -> tuple[Any, ...]:
        left[0] -= 1
        if not left[0]:
            raise KeyboardInterrupt
        return written(*window)

    monkeypatch.setattr(windows, "_row", dying)
    with simulator.client(home=home) as client, pytest.raises(KeyboardInterrupt):
        client.sync(FEED, lake)
    monkeypatch.undo()
    with simulator.client(home=home) as client:
        client.sync(FEED, lake)

    after = lines(lake)
    assert max(after.values()) == 1
    assert before <= after


def test_a_seller_who_authorises_anew_is_the_same_account_by_its_name(
    simulator: Simulator, clock: ManualClock, home: Path, lake: str
) -> None:
    def run(token: str, name: str | None) -> spr.SyncResult:
        made_up = simulator.credentials
        settings = Settings(
            credentials=spr.Credentials(
                token, made_up.client_id, made_up.client_secret
            ),
            endpoint=simulator.endpoint,
            token_url=simulator.token_url,
            home=home,
            name=name,
        )
        with spr.Client(settings, clock=clock) as client:
            return client.sync(FEED, lake)

    run("Atzr|old", None)
    (known,) = {report.account for report in spr.Lake(lake).reports()}
    clock.advance(DAY)
    run("Atzr|new", known)

    assert max(lines(lake).values()) == 1
    assert {report.account for report in spr.Lake(lake).reports()} == {known}


@pytest.mark.parametrize(
    ("name", "operation"),
    [("orders", "getReportDocument"), ("settlement", "getReports")],
)
def test_an_authorization_that_is_revoked_ends_the_run_and_is_no_windows_failure(
    client: spr.Client, simulator: Simulator, lake: str, *, name: str, operation: str
) -> None:
    feed = spr.Feed(name, marketplaces=["DE"], since="2026-11-01")
    simulator.place_report(SETTLEMENT, ["DE"], day(1), day(5))
    simulator.faults.add(Fault(operation=operation, kind="status", status=401, times=0))

    with pytest.raises(spr.UnauthorizedError):
        client.sync(feed, lake)


def test_an_error_that_is_not_ours_is_told_without_its_words(
    client: spr.Client, lake: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **_more: object) -> None:
        raise ValueError("in the cell canary@example.com")

    monkeypatch.setattr("spreports.sync.landing.Landing.land", broken)

    result = client.sync(FEED, lake)

    assert {each.reason for each in result.failed} == {"an error of spreports"}
    assert {each.kind for each in result.failed} == {"ValueError"}
    kept = b"".join(p.read_bytes() for p in home.rglob("*") if p.is_file())
    assert b"canary" not in kept

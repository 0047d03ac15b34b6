"""Reports of schedules in a lake that sync is then to keep: no day is there twice."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

import spreports as spr
from spreports.catalog import lookup
from spreports.catalog.periods import end_of_rows
from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import TRAFFIC

DAY = 86_400
TABLES = ("salesAndTrafficByDate", "salesAndTrafficByAsin")
BY_MIDNIGHT = spr.Schedule(
    "sales_and_traffic",
    marketplaces=["DE"],
    period="P1D",
    next_report_creation_time="2026-11-01T00:00:00Z",
)


@pytest.fixture(params=["parquet", "delta"])
def form(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def harvested(
    client: spr.Client,
    clock: ManualClock,
    lake: str,
    form: str,
    schedule: spr.Schedule = BY_MIDNIGHT,
) -> None:
    """Sink what a daily schedule has made twice."""
    client.schedules.apply([schedule])
    clock.advance(2 * 86_400)
    reports = client.schedules.harvest("sales_and_traffic")
    assert len(reports) == 2
    for table in TABLES:
        reports.sink(f"{lake}/{TRAFFIC}/{table}", table=table, format=form)


def test_days_that_a_schedule_brought_are_not_brought_beside_them(
    client: spr.Client, simulator: Simulator, clock: ManualClock, lake: str, form: str
) -> None:
    harvested(client, clock, lake, form)
    feed = spr.Feed("sales_and_traffic", marketplaces=["DE"], since="2026-11-08")

    with pytest.raises(
        spr.SinkError,
        match=r"has 2 reports .*\(2026-11-10/2026-11-11 up to 2026-11-11/2026-11-12\) "
        r"that were made before their last day was over, as a schedule makes them",
    ):
        client.sync([feed], lake, format=form)

    assert calls(simulator)["createReport"] == 0


def test_days_that_a_schedule_brought_in_the_morning_are_not_brought_beside_them(
    client: spr.Client, clock: ManualClock, lake: str, form: str
) -> None:
    morning = replace(BY_MIDNIGHT, next_report_creation_time="2026-11-01T07:00:00Z")
    harvested(client, clock, lake, form, morning)
    feed = spr.Feed("sales_and_traffic", marketplaces=["DE"], since="2026-11-08")

    with pytest.raises(spr.SinkError, match="before their last day was over"):
        client.sync([feed], lake, format=form)


def test_a_day_so_far_that_was_sunk_by_hand_is_brought_again_in_its_place(
    client: spr.Client, clock: ManualClock, lake: str, form: str
) -> None:
    clock.advance(14 * 3600)
    now = clock.now()
    today = now.date().isoformat()
    reports = client.reports(
        "sales_and_traffic", start=today, end=now, marketplaces=["DE"], strict=False
    )
    for table in TABLES:
        reports.sink(f"{lake}/{TRAFFIC}/{table}", table=table, format=form)
    clock.advance(86_400)
    feed = spr.Feed("sales_and_traffic", marketplaces=["DE"], since=today)

    result = client.sync([feed], lake, format=form)

    assert (result.created, result.failed) == (1, ())


@pytest.mark.parametrize(
    ("start", "end", "made", "rows_until"),
    [
        ("2026-11-10T00:00Z", "2026-11-10T00:00Z", "2026-11-11T00:05Z", "2026-11-11"),
        ("2026-11-10T00:00Z", "2026-11-10T00:00Z", "2026-11-10T00:05Z", "2026-11-11"),
        ("2026-11-10T00:00Z", "2026-11-11T00:00Z", "2026-11-11T00:05Z", "2026-11-11"),
        ("2026-11-10T00:00Z", "2026-11-11T00:00Z", "2026-11-10T23:59Z", "2026-11-11"),
        ("2026-11-10T00:00Z", "2026-11-11T00:00Z", "2026-11-11T14:00Z", "2026-11-12"),
    ],
    ids=["own", "own, so far", "schedule's", "clock behind", "by hand"],
)
def test_a_last_day_that_had_just_begun_has_no_rows(
    start: str, end: str, made: str, rows_until: str
) -> None:
    times = map(datetime.fromisoformat, (start, end, made))
    found = end_of_rows(lookup("sales_and_traffic"), {}, *times)
    assert found == datetime.fromisoformat(f"{rows_until}T00:00Z")


def test_days_after_those_that_a_schedule_brought_are_kept_beside_them(
    client: spr.Client,
    clock: ManualClock,
    lake: str,
    form: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    harvested(client, clock, lake, form)
    clock.advance(86_400)
    feed = spr.Feed("sales_and_traffic", marketplaces=["DE"], since="2026-11-12")

    result = client.sync([feed], lake, format=form)

    assert (result.created, result.failed, result.gaps) == (1, (), ())
    if form == "parquet":
        caplog.clear()
        caplog.set_level(logging.WARNING)
        frame = spr.scan_lake(lake, "sales_and_traffic", table=TABLES[0], latest=True)
        days = frame.collect()["date"].to_list()
        assert len(days) == len(set(days)) == 3
        assert caplog.records == []


@pytest.mark.slow
def test_windows_of_a_schedule_beside_a_feed_are_told_and_not_asked_for_again(
    simulator: Simulator,
    clock: ManualClock,
    home: Path,
    form: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    lake = str(home.with_name("lake"))
    with simulator.client(home=home) as client:
        feed = spr.Feed("returns", marketplaces=["DE"], since="2026-11-05")
        hourly = replace(BY_MIDNIGHT, report_type="returns", period="PT8H")
        client.schedules.apply([hourly])
        client.sync([feed], lake, format=form)
        clock.advance(2 * DAY)
        client.sync([feed], lake, format=form)
        before = calls(simulator)["createReport"]
        clock.advance(DAY)
        client.sync([feed], lake, format=form)
        a_night = calls(simulator)["createReport"] - before
        assert "keep them in a lake of their own" not in caplog.text

        harvest = client.schedules.harvest("returns", since="2d")
        assert len(harvest) == 6
        harvest.sink(f"{lake}/{lookup('returns').report_type}", format=form)
        clock.advance(DAY)
        result = client.sync([feed], lake, format=form)

    assert result.created == a_night
    assert "returns: 6 windows of the lake do not begin and end" in caplog.text

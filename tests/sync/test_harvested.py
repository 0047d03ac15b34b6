"""Reports of schedules in a lake that sync is then to keep: no day is there twice."""

from __future__ import annotations

import logging

import pytest

import spreports as spr
from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import TRAFFIC

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


def harvested(client: spr.Client, clock: ManualClock, lake: str, form: str) -> None:
    """Sink what a daily schedule has made at two midnights."""
    client.schedules.apply([BY_MIDNIGHT])
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

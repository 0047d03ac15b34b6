"""Which days a report of a type that goes by whole days or periods holds."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from spreports import catalog
from spreports.simulator import Simulator, World
from spreports.simulator.day_windows import held_days
from tests.clocks import ManualClock

NOW = datetime(2026, 11, 18, 12, tzinfo=UTC)


@pytest.mark.parametrize("world", [None, World()], ids=["plain", "world"])
@pytest.mark.parametrize(
    ("granularity", "start", "end", "first_days"),
    [
        (None, "2026-10-05", "2026-10-08", ["10-05", "10-06", "10-07"]),
        ("DAY", "2026-10-05", "2026-10-06", ["10-05"]),
        ("WEEK", "2026-10-04", "2026-10-18", ["10-04", "10-11"]),
        ("WEEK", "2026-10-06", "2026-10-13", ["10-04", "10-11"]),
        ("MONTH", "2026-09-30", "2026-10-02", ["09-01", "10-01"]),
    ],
)
def test_sales_and_traffic_has_the_days_weeks_or_months_that_were_asked_for(
    tmp_path: Path,
    *,
    world: World | None,
    granularity: str | None,
    start: str,
    end: str,
    first_days: list[str],
) -> None:
    clock = ManualClock(NOW)
    with (
        Simulator(clock=clock, usage_plans=False, world=world, rows=60) as simulator,
        simulator.client() as client,
    ):
        reports = client.reports(
            "sales_and_traffic",
            start=start,
            end=end,
            marketplaces=["DE"],
            options={"dateGranularity": granularity} if granularity else None,
            strict=False,
        )
        days = set(reports.read("salesAndTrafficByDate")["date"].to_list())
        (report,) = reports
        client.document(str(report.report_document_id)).save(tmp_path / "report")

    assert days == {date.fromisoformat(f"2026-{day}") for day in first_days}
    # As the examples of Amazon's schema, which repeat the dates that were sent
    echo = json.loads((tmp_path / "report").read_bytes())["reportSpecification"]
    assert echo["dataStartTime"] == start
    assert date.fromisoformat(echo["dataEndTime"]) == report.data_end_time.date()  # type: ignore[union-attr]  # it was sent


@pytest.mark.parametrize(
    ("alias", "period", "sent", "held"),
    [
        # The time of day is ignored, and the last day counts
        ("asin_page_views", None, "05T10 07T09", "05 08"),
        ("search_terms", "WEEK", "04T00 10T23", "04 11"),
        ("sales_and_traffic", "WEEK", "06T10 12T09", "04 18"),
        ("end_users", "WEEK", "01T00 20T00", "04 18"),
        ("end_users", "DAY", "01T00 20T00", "01 21"),
        # No whole week lies in it
        ("end_users", "WEEK", "06T00 09T00", "06 10"),
    ],
)
def test_dates_within_a_period_are_moved_as_the_schemas_say(
    alias: str, period: str | None, sent: str, held: str
) -> None:
    entry = catalog.lookup(alias)
    name = (entry.period or "").removeprefix("option:")
    start, end = (
        datetime.fromisoformat(f"2026-10-{each}:00:00Z") for each in sent.split()
    )

    found = held_days(entry, start, end, {name: period} if period else {})

    assert [f"{each:%d}" for each in found] == held.split()
    assert {f"{each:%H:%M:%S}" for each in found} == {"00:00:00"}


def test_types_with_times_hold_what_was_sent() -> None:
    span = datetime(2026, 10, 5, 10, tzinfo=UTC), datetime(2026, 10, 7, 9, tzinfo=UTC)

    assert held_days(catalog.lookup("orders"), *span, {}) == span

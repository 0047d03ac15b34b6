"""A lake of Sales and Traffic by weeks or months: each of them once."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

import spreports as spr
from spreports.simulator import Simulator
from tests.clocks import ManualClock
from tests.sync.conftest import calls
from tests.sync.lake import TRAFFIC

TABLE = "salesAndTrafficByDate"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("granularity", "since", "nights", "days"),
    [
        ("WEEK", "2026-10-27", (7, 7), ["10-25", "11-01", "11-08", "11-15"]),
        ("MONTH", "2026-09-15", (28,), ["09-01", "10-01", "11-01"]),
    ],
)
def test_nights_leave_each_whole_period_once(
    clock: ManualClock,
    client: spr.Client,
    lake: str,
    *,
    granularity: str,
    since: str,
    nights: tuple[int, ...],
    days: list[str],
) -> None:
    feed = spr.Feed(
        "sales_and_traffic",
        marketplaces=["DE"],
        since=since,
        options={"dateGranularity": granularity},
    )
    for pause in (0, *nights):
        clock.advance(timedelta(days=pause).total_seconds())
        result = client.sync([feed], lake)
        assert (result.failed, result.gaps) == ((), ())

    rows = spr.scan_lake(f"{lake}/{TRAFFIC}/{TABLE}", "sales_and_traffic", latest=True)
    found = sorted(rows.collect()["date"].to_list())

    assert found == [date.fromisoformat(f"2026-{day}") for day in days]


def test_a_run_that_is_repeated_asks_for_no_week_again(
    simulator: Simulator, client: spr.Client, lake: str
) -> None:
    feed = spr.Feed(
        "sales_and_traffic",
        marketplaces=["DE"],
        since="2026-10-27",
        options={"dateGranularity": "WEEK"},
    )
    first = client.sync([feed], lake)
    asked = calls(simulator)["createReport"]

    again = client.sync([feed], lake)

    assert (first.created, again.created) == (2, 0)
    assert calls(simulator)["createReport"] == asked == 2

"""A world's reports agree where they overlap, and change as a seller's do."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spreports.simulator import Simulator, World
from spreports.simulator.marketplaces import resolve
from tests.clocks import ManualClock
from tests.sync.lake import ORDERS, TRAFFIC

FIRST = datetime(2026, 11, 1, tzinfo=UTC)
LATER = FIRST + timedelta(days=60)
PLACES = [resolve("DE"), resolve("FR")]
WORLD = World(seed=5, settled_days=4, empty_days=frozenset({date(2026, 11, 3)}))

hours = st.integers(0, 200).map(lambda n: FIRST + timedelta(hours=n))


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    clock = ManualClock(FIRST + timedelta(days=9))
    with Simulator(clock=clock, usage_plans=False, world=WORLD) as running:
        yield running
        assert running.failures == []


@settings(max_examples=20)
@given(st.lists(hours, min_size=3, max_size=3), hours)
def test_two_windows_are_one_window_cut_in_two(
    moments: list[datetime], as_of: datetime
) -> None:
    start, middle, end = sorted(moments)

    def rows(first: datetime, last: datetime) -> list[dict[str, str | int | float]]:
        return WORLD.rows(ORDERS, PLACES, first, last, as_of)["rows"]

    assert rows(start, middle) + rows(middle, end) == rows(start, end)


@pytest.mark.slow
@settings(max_examples=20)
@given(hours)
def test_nothing_changes_once_all_has_settled(end: datetime) -> None:
    settled = end + timedelta(days=WORLD.settled_days)

    for report_type in (ORDERS, TRAFFIC):
        before = WORLD.rows(report_type, PLACES, FIRST, end, settled)
        assert before == WORLD.rows(report_type, PLACES, FIRST, end, LATER)


def test_orders_come_late_and_settle() -> None:
    end = FIRST + timedelta(days=2)

    young = WORLD.rows(ORDERS, PLACES, FIRST, end, end)["rows"]
    old = WORLD.rows(ORDERS, PLACES, FIRST, end, LATER)["rows"]

    assert {r["amazon-order-id"] for r in young} < {r["amazon-order-id"] for r in old}
    assert "Pending" in {r["order-status"] for r in young}
    assert {r["order-status"] for r in old} == {"Shipped", "Cancelled"}
    assert len({r["amazon-order-id"] for r in old}) == len(old)


def test_the_documents_say_what_the_truth_says(simulator: Simulator) -> None:
    now = simulator.clock.now()
    with simulator.client() as client:
        orders = client.reports(
            "orders", start="2026-11-01", end="2026-11-09", marketplaces=["DE"]
        ).read()
        traffic = client.reports(
            "sales_and_traffic",
            start="2026-11-05",
            end="2026-11-08",
            marketplaces=["DE"],
        ).read()

    truth = simulator.truth(
        "orders", FIRST, FIRST + timedelta(days=8), now, marketplaces=["DE"]
    )
    assert orders["amazon-order-id"].to_list() == [r["amazon-order-id"] for r in truth]
    assert orders.filter(
        pl.col("purchase-date").dt.date() == date(2026, 11, 3)
    ).is_empty()
    days = simulator.truth(
        "sales_and_traffic",
        FIRST + timedelta(days=4),
        FIRST + timedelta(days=7),
        now,
        marketplaces=["DE"],
    )
    assert traffic["salesByDate.unitsOrdered"].to_list() == [
        r["salesByDate.unitsOrdered"] for r in days
    ]


def test_a_window_without_business_is_cancelled(simulator: Simulator) -> None:
    with simulator.client() as client:
        (report,) = client.reports(
            "orders", start="2026-11-03", end="2026-11-04", marketplaces=["DE"]
        )

    assert report.processing_status == "CANCELLED"


def test_a_column_comes_with_a_day() -> None:
    world = World(new_column=(date(2026, 11, 5), "gift-note"))
    day = FIRST + timedelta(days=3)

    (before,), (after,) = (
        {tuple(r) for r in world.rows(ORDERS, PLACES, FIRST, day, as_of)["rows"]}
        for as_of in (day, FIRST + timedelta(days=4))
    )

    assert after == (*before, "gift-note")


def test_without_a_world_there_is_no_truth() -> None:
    with (
        Simulator(usage_plans=False) as plain,
        pytest.raises(ValueError, match="no world="),
    ):
        plain.truth("orders", FIRST, LATER, LATER, marketplaces=["DE"])
